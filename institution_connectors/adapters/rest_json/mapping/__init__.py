"""The words of the dialect: bodies out of requests, results out of data, facts out of messages."""

from institution_connectors.adapters.rest_json.mapping.inbound import facts_of
from institution_connectors.adapters.rest_json.mapping.routes import ROUTES, Route
from institution_connectors.adapters.rest_json.mapping.words import Row, Words

__all__ = ["ROUTES", "Route", "Row", "Words", "facts_of"]
