"""Monthly figures anybody may read."""

from django.apps import AppConfig


class OpenFiguresConfig(AppConfig):
    """Monthly figures anybody may read."""

    name = "regional_services.openfigures"
    label = "openfigures"
    default_auto_field = "django.db.models.BigAutoField"
