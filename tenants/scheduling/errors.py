"""Refusals around numbers, with what the resident reads."""

from __future__ import annotations

from hub.errors import Conflict, InvalidInput, NotFound


class NumberTaken(Conflict):
    """Somebody else was faster, or the number was stopped or is past."""

    code = "scheduling.number_taken"
    text = "这个号刚刚被约走了，请选择其他时段。"


class SoldOut(NumberTaken):
    """No free number is left in the session (at the wished time)."""

    code = "scheduling.sold_out"
    text = "该时段号源已约满，请选择其他时段。"


class NumberBusy(Conflict):
    """The last free numbers are being booked at this instant; trying again may succeed."""

    code = "scheduling.number_busy"
    text = "号源正在被其他人预约，请稍后重试。"


class NumberNotHeld(Conflict):
    """The holder has no number in the state this act needs."""

    code = "scheduling.number_not_held"
    text = "该预约的号源已释放，请重新预约。"


class SessionNotFound(NotFound):
    """No such session at this hospital."""

    code = "scheduling.session_not_found"
    text = "没有找到该排班。"


class SlotTooLong(InvalidInput):
    """A number longer than the district allows (JA-APPT-01)."""

    code = "scheduling.slot_too_long"
    text = "每个号源时段不得超过30分钟。"
