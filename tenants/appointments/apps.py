"""Holds, bookings and registrations of one hospital."""

from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    """Holds, bookings and registrations of one hospital."""

    name = "tenants.appointments"
    label = "appointments"
    default_auto_field = "django.db.models.BigAutoField"
