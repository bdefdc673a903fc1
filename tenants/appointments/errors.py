"""Refusals around appointments."""

from hub.errors import Conflict, NotFound


class AlreadyBookedToday(Conflict):
    """The person's numbers of this department on this day reached the hospital's limit."""

    code = "appointments.already_booked"
    text = "该就诊人当天在此科室的预约已达上限，不能再预约。"


class HospitalDayLimit(Conflict):
    """The person's numbers at this hospital on this day reached its limit."""

    code = "appointments.day_limit"
    text = "该就诊人当天在本院的预约已达上限，请改约其他日期。"


class OpenLimit(Conflict):
    """The person's visits still to come at this hospital reached its limit."""

    code = "appointments.open_limit"
    text = "该就诊人在本院未就诊的预约已达上限，请就诊或取消后再预约。"


class PlaceRaced(Conflict):
    """Another booking of the same person took the same place at the same instant: worth beginning anew."""

    code = "appointments.place_raced"
    text = "该就诊人正在提交其他预约，请稍后再试。"


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


class StillStopping(Conflict):
    """Bookings of the stop are still being ended."""

    code = "appointments.still_stopping"
    text = "停诊还在办理，受影响的预约正在逐个取消。请稍候几秒再恢复。"


class HeldAlready(Exception):
    """This booking's hold came to be before: a repeat, for code and not for people."""
