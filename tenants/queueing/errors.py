"""Refusals around queues."""

from hub.errors import Conflict, NotFound


class QueueNotFound(NotFound):
    """No such queue in this hospital."""

    code = "queueing.queue_not_found"


class EntryNotFound(NotFound):
    """No such person in this hospital's queues."""

    code = "queueing.entry_not_found"


class NobodyWaiting(Conflict):
    """Nobody who is there waits."""

    code = "queueing.nobody_waiting"
    text = "当前没有已到院的候诊患者。未到院的可在列表中单独呼叫。"


class StaleCall(Conflict):
    """Another page, or the nurse, called meanwhile."""

    code = "queueing.stale_call"
    text = "队列刚被其他页面操作过，没有重复叫号。请看最新状态后再按。"


class CallTooSoon(Conflict):
    """Somebody who is there is passed only after an unanswered call."""

    code = "queueing.call_too_soon"
    text = "叫号后等待时间未到，不能过号。请再等一会儿或重呼一次。"


class NotCallable(Conflict):
    """The entry is in a state that does not allow this."""

    code = "queueing.not_callable"
    text = "该患者的候诊状态已变化，请刷新后再操作。"


class QueueNotOpen(Conflict):
    """The queue is paused or closed."""

    code = "queueing.not_open"
    text = "队列已暂停或结束，请先恢复叫号。"


class CalledElsewhere(Conflict):
    """The hospital's own system calls here; two callers would call one person twice."""

    code = "queueing.called_elsewhere"
    text = "本院由院内叫号系统叫号，请在该系统上操作。平台同步显示叫号进展。"


class NotToday(Conflict):
    """Only a standing appointment of today can be checked in."""

    code = "queueing.not_today"
    text = "只有当天、已预约成功的预约可以签到。请核对就诊日期与状态。"


class KioskRefused(Conflict):
    """A machine can't check this person in; the code says why, and the text what to do."""

    code = "queueing.kiosk_refused"
    text = "这台机器不能为您签到，请到服务台。"


class NotOpenAtKiosk(KioskRefused):
    """The hospital's rules don't name this way."""

    code = "queueing.kiosk_closed"
    text = "本院没有开放签到机签到。请到服务台签到。"


class NothingOfToday(KioskRefused):
    """No visit of today by what was shown; whether the number is known at all is not told."""

    code = "queueing.kiosk_nothing"
    text = "没有找到今天的预约。请核对号码再试一次，或到服务台。"


class NothingForHolder(NothingOfToday):
    """The same by a card, whose holder stands there."""

    code = "queueing.kiosk_nothing_holder"
    text = "持码人今天在本院没有可以签到的预约。请核对是哪位就诊人的码，或到服务台。"


class OfAnotherDay(KioskRefused):
    """The booking whose own code was shown is for another day."""

    code = "queueing.kiosk_other_day"
    text = "这个预约不是今天的，请在就诊当天签到。有疑问请到服务台。"


class NotPaidYet(KioskRefused):
    """It stands, but a fee is open."""

    code = "queueing.kiosk_unpaid"
    text = "这个预约还没有缴费。请先在手机上或收费窗口缴费，再来签到；需要帮助请到服务台。"


class AlreadyOver(KioskRefused):
    """It was cancelled, ended, or is not booked yet."""

    code = "queueing.kiosk_over"
    text = "这个预约已取消、已结束，或还没有预约成功。请到服务台核对。"


class DeviceNotFound(NotFound):
    """No such device, or it was withdrawn."""

    code = "queueing.device_not_found"
