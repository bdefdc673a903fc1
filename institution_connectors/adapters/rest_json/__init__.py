"""The dialect `rest_json`: HTTP, JSON bodies, `{code, message, data}`."""

from institution_connectors.adapters.rest_json.adapter import RestJsonAdapter

__all__ = ["RestJsonAdapter"]
