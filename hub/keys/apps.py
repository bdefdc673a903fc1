"""The app of keys and secrets."""

from django.apps import AppConfig


class KeysConfig(AppConfig):
    """Rotation jobs."""

    name = "hub.keys"
    label = "keys"
