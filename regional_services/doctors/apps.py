"""The district's doctors as residents find, follow and judge them."""

from django.apps import AppConfig


class RegionalDoctorsConfig(AppConfig):
    """The district's doctors as residents find, follow and judge them."""

    name = "regional_services.doctors"
    label = "doctors"
    default_auto_field = "django.db.models.BigAutoField"
