"""Fairness at the release of numbers."""

from django.apps import AppConfig


class FairnessConfig(AppConfig):
    """Rules against booking by machine or for sale."""

    name = "regional_services.fairness"
    label = "fairness"
    default_auto_field = "django.db.models.BigAutoField"
