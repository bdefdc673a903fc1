"""Pages of residents, hospitals and the district; no tables of its own."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """HTML only: parse, access, one service call, render."""

    name = "portal"
    label = "portal"
