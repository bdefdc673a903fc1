"""Refusals around appointments."""

from hub.errors import Conflict, NotFound


class AlreadyBookedToday(Conflict):
    """The same person already holds a number of this department on this day."""

    code = "appointments.already_booked"
    text = "该就诊人当天在此科室已有预约，不能重复预约。"


class SlotChanged(Conflict):
    """The number is not at the time the resident was shown."""

    code = "appointments.slot_changed"
    text = "该号的就诊时间已调整，请重新选择。"


class AppointmentNotFound(NotFound):
    """No such appointment in this hospital."""

    code = "appointments.not_found"


class CannotCancelHere(Conflict):
    """The appointment holds no number any more."""

    code = "appointments.cannot_cancel"
    text = "该预约已结束，没有可取消的号。请刷新查看最新状态。"


class CannotCheckInHere(Conflict):
    """Only a booked appointment of today can be checked in."""

    code = "appointments.cannot_check_in"
    text = "只有当天、已预约成功的预约可以签到。请核对就诊日期与状态。"


class HeldAlready(Exception):
    """This booking's hold came to be before: a repeat, for code and not for people."""
