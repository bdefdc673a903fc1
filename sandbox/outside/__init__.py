"""Parties beside the hospitals: payment, open platform, messages, the city's identity service."""

from __future__ import annotations

from pathlib import Path

from sandbox.app import Config, Site
from sandbox.control import Control


def build(_config: Config, _state: Path, _control: Control) -> list[Site]:
    """The parties that the configuration names."""
    return []
