"""The synthetic resident and the record of availability it keeps."""

from django.apps import AppConfig


class SyntheticConfig(AppConfig):
    """The synthetic resident and the record of availability it keeps."""

    name = "regional_services.synthetic"
    label = "synthetic"
    default_auto_field = "django.db.models.BigAutoField"
