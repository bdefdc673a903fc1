"""Which adapter serves which hospital."""

from django.apps import AppConfig


class ConnectorCatalogConfig(AppConfig):
    """Which adapter serves which hospital."""

    name = "institution_connectors.catalog"
    label = "connector_catalog"
    default_auto_field = "django.db.models.BigAutoField"
