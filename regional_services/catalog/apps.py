"""Projection that serves lists over all hospitals."""

from django.apps import AppConfig


class RegionalCatalogConfig(AppConfig):
    """Projection that serves lists over all hospitals."""

    name = "regional_services.catalog"
    label = "regional_catalog"
    default_auto_field = "django.db.models.BigAutoField"
