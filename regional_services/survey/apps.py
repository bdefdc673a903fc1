"""Satisfaction surveys after visits."""

from django.apps import AppConfig


class SurveyConfig(AppConfig):
    """Satisfaction surveys after visits."""

    name = "regional_services.survey"
    label = "survey"
    default_auto_field = "django.db.models.BigAutoField"
