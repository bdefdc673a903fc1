"""Tenancy: the only door into a hospital."""

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    """Tenancy: the only door into a hospital."""

    name = "hub.tenancy"
    label = "tenancy"
    default_auto_field = "django.db.models.BigAutoField"
