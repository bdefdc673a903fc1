"""The medical insurance's electronic voucher."""

from django.apps import AppConfig


class InsuranceConfig(AppConfig):
    """What is known of residents' vouchers, and their activation."""

    name = "regional_services.insurance"
    label = "insurance"
    default_auto_field = "django.db.models.BigAutoField"
