"""Outbox, inbox, commands and audit of the public schema."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RegionJournalConfig(AppConfig):
    """Outbox, inbox, commands and audit of the public schema; subscribes every app's handlers at start-up."""

    name = "hub.journal.region"
    label = "region_journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import each installed app's `handlers` module: publishing needs to know who listens."""
        autodiscover_modules("handlers", "holdings")
