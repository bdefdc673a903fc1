"""Visits nobody came to."""

from django.apps import AppConfig


class NoShowConfig(AppConfig):
    """Visits nobody came to."""

    name = "regional_services.noshow"
    label = "noshow"
    default_auto_field = "django.db.models.BigAutoField"
