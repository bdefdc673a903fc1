"""Queues of one hospital: who waits where, who is called, by which rules."""

from django.apps import AppConfig


class QueueingConfig(AppConfig):
    """Queues of one hospital."""

    name = "tenants.queueing"
    label = "queueing"
    default_auto_field = "django.db.models.BigAutoField"
