"""Refusals around patient archives."""

from __future__ import annotations

from hub.errors import NotFound


class ArchiveNotFound(NotFound):
    """No such archive at this hospital."""

    code = "patients.archive_not_found"
    text = "没有找到该患者档案。"
