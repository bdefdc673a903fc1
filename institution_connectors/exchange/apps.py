"""Every message in and out of a hospital."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Every message in and out of a hospital."""

    name = "institution_connectors.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"
