"""What becomes of residents' accounts."""

from django.apps import AppConfig


class AccountLifeConfig(AppConfig):
    """Double accounts made one, accounts closed."""

    name = "regional_services.accountlife"
    label = "accountlife"
    default_auto_field = "django.db.models.BigAutoField"
