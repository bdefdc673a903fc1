"""The app of running."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RunningConfig(AppConfig):
    """From here on every fault that is logged keeps its scene (`catching.py` puts itself beside the log)."""

    name = "hub.running"
    label = "running"

    def ready(self) -> None:
        autodiscover_modules("catching")
