"""The one owner of a booking."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """The one owner of a booking."""

    name = "regional_services.booking"
    label = "booking"
    default_auto_field = "django.db.models.BigAutoField"
