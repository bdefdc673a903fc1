"""Notices residents read at home and at an institution."""

from django.apps import AppConfig


class AnnouncementsConfig(AppConfig):
    """Notices residents read at home and at an institution."""

    name = "regional_services.announcements"
    label = "announcements"
    default_auto_field = "django.db.models.BigAutoField"
