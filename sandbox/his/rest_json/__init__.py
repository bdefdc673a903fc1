"""The JSON dialect of a hospital, as `docs/interfaces/rest_json.md` describes it."""

from sandbox.his.dialect import Dialect
from sandbox.his.rest_json.push import deliver
from sandbox.his.rest_json.server import sites

DIALECT = Dialect("rest_json", sites, deliver)
__all__ = ["DIALECT"]
