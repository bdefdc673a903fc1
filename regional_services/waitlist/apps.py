"""Places in line for full sessions."""

from django.apps import AppConfig


class WaitlistConfig(AppConfig):
    """Places in line for full sessions."""

    name = "regional_services.waitlist"
    label = "waitlist"
    default_auto_field = "django.db.models.BigAutoField"
