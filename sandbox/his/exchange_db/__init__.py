"""The exchange-database dialect of a hospital, as `docs/interfaces/exchange_db.md` describes it."""

from sandbox.his.dialect import Dialect
from sandbox.his.exchange_db.job import sites

DIALECT = Dialect("exchange_db", sites, None)
__all__ = ["DIALECT"]
