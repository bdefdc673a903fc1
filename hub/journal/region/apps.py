"""Outbox, inbox, commands and audit of the public schema."""

from django.apps import AppConfig


class RegionJournalConfig(AppConfig):
    """Outbox, inbox, commands and audit of the public schema."""

    name = "hub.journal.region"
    label = "region_journal"
    default_auto_field = "django.db.models.BigAutoField"
