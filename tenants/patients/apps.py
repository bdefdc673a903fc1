"""Patient archives of one hospital."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """Patient archives of one hospital."""

    name = "tenants.patients"
    label = "patients"
    default_auto_field = "django.db.models.BigAutoField"
