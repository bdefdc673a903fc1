"""Electronic health cards and insurance codes, scanned at desks."""

from django.apps import AppConfig


class CardsConfig(AppConfig):
    """What a scanned code stands for, as its issuer says."""

    name = "regional_services.cards"
    label = "cards"
    default_auto_field = "django.db.models.BigAutoField"
