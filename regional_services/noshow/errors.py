"""Refusals around the no-show list."""

from hub.errors import Conflict, NotFound


class NoShowNotFound(NotFound):
    """Absent, or not this actor's."""

    code = "noshow.not_found"
    text = "没有找到这条爽约记录，或您无权查看。"


class CannotAppeal(Conflict):
    """It was appealed before, or is too old."""

    code = "noshow.cannot_appeal"
    text = "这条记录已经申诉过，或已超过申诉期限。"


class AlreadyDecided(Conflict):
    """There is no open appeal."""

    code = "noshow.already_decided"
    text = "这条申诉已经办结，请刷新查看结果。"
