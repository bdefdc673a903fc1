"""The report of a hospital's night, and whom it is sent to."""

from django.apps import AppConfig


class NightlyConfig(AppConfig):
    """The report of a hospital's night, and whom it is sent to."""

    name = "tenants.nightly"
    label = "nightly"
    default_auto_field = "django.db.models.BigAutoField"
