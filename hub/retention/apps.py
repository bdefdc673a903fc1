"""The app of retention rules."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RetentionConfig(AppConfig):
    """Reads every app's `keeping.py` at start-up, so that the page shows every rule there is."""

    name = "hub.retention"
    label = "retention"

    def ready(self) -> None:
        autodiscover_modules("keeping")
