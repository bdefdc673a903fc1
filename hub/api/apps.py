"""API conventions: views, problems, pages, idempotency, throttling, schema; no tables."""

from importlib import import_module

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Registers the check that every view declares its permission, and the token scheme for OpenAPI."""

    name = "hub.api"
    label = "api"

    def ready(self) -> None:
        import_module("hub.api.checks")
        import_module("hub.api.schema")
