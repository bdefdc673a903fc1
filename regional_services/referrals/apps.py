"""Referrals by family doctors to numbers of other hospitals."""

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    """Referrals by family doctors to numbers of other hospitals."""

    name = "regional_services.referrals"
    label = "referrals"
    default_auto_field = "django.db.models.BigAutoField"
