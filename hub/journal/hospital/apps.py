"""Outbox, inbox, commands and audit of one hospital."""

from django.apps import AppConfig


class HospitalJournalConfig(AppConfig):
    """Outbox, inbox, commands and audit of one hospital."""

    name = "hub.journal.hospital"
    label = "hospital_journal"
    default_auto_field = "django.db.models.BigAutoField"
