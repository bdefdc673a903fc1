"""The FHIR R4 dialect of a hospital, as `docs/interfaces/fhir_r4.md` describes it."""

from sandbox.his.dialect import Dialect
from sandbox.his.fhir_r4.push import deliver
from sandbox.his.fhir_r4.server import sites

DIALECT = Dialect("fhir_r4", sites, deliver)
__all__ = ["DIALECT"]
