"""Feedback of residents and what managers do about it."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """Feedback of residents and what managers do about it."""

    name = "regional_services.feedback"
    label = "feedback"
    default_auto_field = "django.db.models.BigAutoField"
