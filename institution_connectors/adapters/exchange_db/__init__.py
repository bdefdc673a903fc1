"""The dialect `exchange_db`: tables and views in a database of the hospital's."""

from institution_connectors.adapters.exchange_db.adapter import ExchangeDbAdapter

__all__ = ["ExchangeDbAdapter"]
