"""The app of the support platform."""

from django.apps import AppConfig


class StaffPlatformConfig(AppConfig):
    """Asks and linked users."""

    name = "hub.staff_platform"
    label = "staff_platform"
