"""Institutions on their way out."""

from django.apps import AppConfig


class LeavingConfig(AppConfig):
    """Institutions on their way out."""

    name = "regional_services.leaving"
    label = "leaving"
    default_auto_field = "django.db.models.BigAutoField"
