"""Security: no tables of its own; template tags, checks and the permission registry."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class SecurityConfig(AppConfig):
    """Reads every app's `permissions.py` at start-up, so that the registry is whole before the first request."""

    name = "hub.security"
    label = "security"

    def ready(self) -> None:
        autodiscover_modules("permissions")
