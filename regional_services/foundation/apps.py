"""The hub's side of the smart-hospital data foundation."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """Business events and master data on their way to the data foundation."""

    name = "regional_services.foundation"
    label = "foundation"
    default_auto_field = "django.db.models.BigAutoField"
