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


class HeldAlready(Exception):
    """This booking's hold came to be before: a repeat, for code and not for people."""
