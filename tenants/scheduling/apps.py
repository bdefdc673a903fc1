"""Schedules and bookable numbers of one hospital."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    """Schedules and bookable numbers of one hospital."""

    name = "tenants.scheduling"
    label = "scheduling"
    default_auto_field = "django.db.models.BigAutoField"
