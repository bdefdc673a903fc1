"""Backups, restores, drills and clean-ups."""

from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    """Backups, restores, drills and clean-ups."""

    name = "hub.recovery"
    label = "recovery"
    default_auto_field = "django.db.models.BigAutoField"
