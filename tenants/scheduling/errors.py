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


class NotReleased(NumberTaken):
    """The number is free, but residents may book it only from a later time on; the text names it."""

    code = "scheduling.not_released"
    text = "该号尚未放号，请在放号时间后预约。"


class OtherShare(NumberTaken):
    """The number is kept for another channel."""

    code = "scheduling.other_share"
    text = "这个号留给其他渠道，请选择其他时段，或到医院窗口咨询。"


class ChangedMeanwhile(Conflict):
    """Who is affected is no longer what the person confirming was shown."""

    code = "scheduling.changed_meanwhile"
    text = "受影响的名单刚刚变了，请看过新名单再确认。"


class OwnedByHis(Conflict):
    """The hospital's own system keeps this; the hub follows."""

    code = "scheduling.owned_by_his"
    text = "该排班由医院系统维护，请在医院系统中修改，平台会自动跟随。"


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


class NothingToReopen(Conflict):
    """No number of the session to come was stopped here."""

    code = "scheduling.nothing_to_reopen"
    text = "这个排班没有在平台停诊的号可以恢复。医院系统里的停诊请在医院系统恢复，平台会自动跟随。"


class RuleNotFound(NotFound):
    """No such release rule in force."""

    code = "scheduling.rule_not_found"
    text = "没有找到这条放号规则，可能已被撤销。"


class SlotTooLong(InvalidInput):
    """A number longer than the district allows (JA-APPT-01)."""

    code = "scheduling.slot_too_long"
    text = "每个号源时段不得超过30分钟。"
