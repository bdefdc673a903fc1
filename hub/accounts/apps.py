"""Accounts: sign-in only, nothing clinical."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts: sign-in only, nothing clinical."""

    name = "hub.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
