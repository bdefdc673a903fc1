"""Orders, legs, attempts, refunds, ledger."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Orders, legs, attempts, refunds, ledger."""

    name = "regional_services.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"
