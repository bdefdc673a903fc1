"""Where residents stand in hospitals' queues, and what they are told of it."""

from django.apps import AppConfig


class WaitingConfig(AppConfig):
    """Where residents stand in hospitals' queues."""

    name = "regional_services.waiting"
    label = "waiting"
    default_auto_field = "django.db.models.BigAutoField"
