"""Refusals around bookings."""

from datetime import datetime

from hub import clock
from hub.errors import Conflict, NotFound
from hub.words import said


class BookingNotFound(NotFound):
    """Absent, or not this actor's."""

    code = "booking.not_found"
    text = "没有找到该预约，或您无权查看。"


class TimeTaken(Conflict):
    """The person already has a booking, at any hospital, that overlaps this time (practice 12)."""

    code = "booking.time_taken"
    text = "该就诊人在这个时段已有其他预约，请换一个时间。"


class DayLimit(Conflict):
    """The person's bookings of that day over all hospitals reached the district's limit."""

    code = "booking.day_limit"
    text = "该就诊人当天的预约次数已达上限。"


class SessionClosed(Conflict):
    """The session can't be booked: stopped, over, not released yet, or the institution is not taking bookings."""

    code = "booking.session_closed"
    text = "该时段当前不能预约，请选择其他时间。"


class QueueFirst(Conflict):
    """People wait for this session: its free numbers are theirs first."""

    code = "booking.queue_first"
    text = "这个门诊有人在候补，空出的号先给排队的人，您也可以加入候补。"


class WaitInLine(Conflict):
    """So many book here at this moment that they come in one after the other; `detail.line` is where."""

    code = "booking.wait_in_line"
    text = "现在预约的人很多，请先进候号室排队；位置按放号时抽签或到达先后，刷新不会更快。"


class NotPayableOnline(Conflict):
    """The hospital wants the fee before it confirms, and has no merchant account to take it with."""

    code = "booking.not_payable_online"
    text = "该医院暂时不能在线收取挂号费，不能线上预约，请到医院窗口挂号或拨打医院电话。"


class NoShowBlocked(Conflict):
    """The person stayed away from too many visits; the text says until when and how to appeal."""

    code = "booking.no_show_blocked"
    text = "该就诊人多次预约后没有就诊，暂不能线上预约。"

    def __init__(self, *, until: datetime) -> None:
        day = f"{clock.local(until):%Y-%m-%d %H:%M}"
        words = said(
            "该就诊人多次预约后没有就诊，%(until)s 前不能线上预约，可到医院窗口挂号；有异议请在“我的-爽约记录”申诉。"
        )
        super().__init__(words % {"until": day}, detail={"until": until.isoformat(), "appeal": "/me/no-shows"})


class CannotCancel(Conflict):
    """This state, or the hospital's cut-off, forbids cancelling."""

    code = "booking.cannot_cancel"
    text = "该预约现在不能取消。"


class CannotReschedule(Conflict):
    """This state, or the hospital's limits, forbid moving the visit; the text says why."""

    code = "booking.cannot_reschedule"
    text = "该预约现在不能改约。"


class CannotRegister(Conflict):
    """Online registration is not open for this booking now (JA-APPT-03, JA-APPT-06); the text says why."""

    code = "booking.cannot_register"
    text = "该预约现在不能线上挂号。"


class CannotCheckIn(Conflict):
    """Check-in is open only for a booked appointment on its day."""

    code = "booking.cannot_check_in"
    text = "就诊当天、预约成功后才能签到。"


class NotHere(Conflict):
    """By the hospital's rules it can't be believed that he has come; the text says why and what to do."""

    code = "booking.not_here"
    text = "不能确认您已到院，请到前台报到。"


class ResyncUnknown(NotFound):
    """No such comparison."""

    code = "booking.resync_unknown"
    text = "没有找到这次核对。"
