"""Runs of the interface checklist."""

from django.apps import AppConfig


class ConformanceConfig(AppConfig):
    """Runs of the interface checklist."""

    name = "institution_connectors.conformance"
    label = "conformance"
    default_auto_field = "django.db.models.BigAutoField"
