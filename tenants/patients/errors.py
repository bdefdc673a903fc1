"""Refusals around patient archives."""

from __future__ import annotations

from hub.errors import Conflict, NotFound


class ArchiveNotFound(NotFound):
    """No such archive at this hospital."""

    code = "patients.archive_not_found"
    text = "没有找到该患者档案。"


class SignedAlready(Conflict):
    """One family doctor at a time."""

    code = "patients.signed_already"
    text = "该患者在本院已有签约的家庭医生。要换医生，请先解约。"


class NotSigned(Conflict):
    """There is no living contract with a family doctor here."""

    code = "patients.not_signed"
    text = "该患者没有在本院签约家庭医生。请先登记签约。"


class PreviewOld(Conflict):
    """What a preview accepted is not as it was."""

    code = "patients.preview_old"
    text = "预览已过期，或预览之后名单里有人登记了签约，所以这次一个也没有登记。请重新选择文件预览。"
