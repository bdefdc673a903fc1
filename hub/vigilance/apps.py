"""The app of flags and emergencies."""

from django.apps import AppConfig


class VigilanceConfig(AppConfig):
    """Flags, protected persons, emergencies."""

    name = "hub.vigilance"
    label = "vigilance"
