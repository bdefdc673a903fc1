"""Refusals of the catalogue of connectors."""

from __future__ import annotations

from hub.errors import HubError


class NoConnector(HubError):
    """The hospital has no connector, or it is switched off."""

    code = "connectors.none"
    status = 503
    text = "该医院尚未接入，请通过医院窗口办理。"
