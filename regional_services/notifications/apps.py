"""Messages to residents."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Messages to residents."""

    name = "regional_services.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
