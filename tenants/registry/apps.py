"""Institutions, campuses, switches."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Institutions, campuses, switches."""

    name = "tenants.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"
