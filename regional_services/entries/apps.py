"""Entries from other accounts and apps."""

from django.apps import AppConfig


class EntriesConfig(AppConfig):
    """Signed links of registered callers into booking."""

    name = "regional_services.entries"
    label = "entries"
    default_auto_field = "django.db.models.BigAutoField"
