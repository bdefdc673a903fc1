"""Emergency closures of the district: many hospitals and days in one previewed act."""

from django.apps import AppConfig


class ClosuresConfig(AppConfig):
    """Emergency closures of the district: many hospitals and days in one previewed act."""

    name = "regional_services.closures"
    label = "closures"
    default_auto_field = "django.db.models.BigAutoField"
