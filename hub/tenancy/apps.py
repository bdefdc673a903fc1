"""Tenancy: the only door into a hospital."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.urls import register_converter


class TenancyConfig(AppConfig):
    """Tenancy: the only door into a hospital."""

    name = "hub.tenancy"
    label = "tenancy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and the path converter, which need the models.

        Every process loads the Celery application: without it a relay that hands work over would ask for a broker
        Celery has by default.
        """
        import_module("hub.celery")
        import_module("hub.tenancy.checks.declared")
        register_converter(import_module("hub.tenancy.converters").HospitalConverter, "hospital")
