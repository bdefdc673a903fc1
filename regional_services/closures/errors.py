"""Refusals around closures."""

from __future__ import annotations

from hub.errors import Conflict, NotFound


class ClosureNotFound(NotFound):
    """No such closure."""

    code = "closures.not_found"


class PreviewChanged(Conflict):
    """More people are affected now than were shown."""

    code = "closures.preview_changed"
    text = "受影响的人数刚刚变了，请看过新的预览再确认。"
