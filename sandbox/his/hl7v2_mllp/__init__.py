"""The HL7 v2 dialect of a hospital, as `docs/interfaces/hl7v2_mllp.md` describes it."""

from sandbox.his.dialect import Dialect
from sandbox.his.hl7v2_mllp.push import deliver
from sandbox.his.hl7v2_mllp.server import sites

DIALECT = Dialect("hl7v2_mllp", sites, deliver)
__all__ = ["DIALECT"]
