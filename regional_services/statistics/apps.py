"""Figures of the district by day, hour and hospital."""

from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    """Figures of the district by day, hour and hospital."""

    name = "regional_services.statistics"
    label = "statistics"
    default_auto_field = "django.db.models.BigAutoField"
