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


class HisCalls(Conflict):
    """The hospital's own system calls here."""

    code = "queueing.his_calls"
    text = "本院由医院自己的叫号系统叫号，平台只同步显示。"


class NotToday(Conflict):
    """Only a standing appointment of today can be checked in."""

    code = "queueing.not_today"
    text = "只有当天、已预约成功的预约可以签到。请核对就诊日期与状态。"


class StillUnpaid(Conflict):
    """The fee is not paid."""

    code = "queueing.unpaid"
    text = "挂号费尚未支付，支付后自动进入候诊队列。"


class TooEarly(Conflict):
    """Check-in has not opened yet."""

    code = "queueing.too_early"
    text = "还没到签到时间。"


class WayClosed(Conflict):
    """This hospital does not take check-ins this way."""

    code = "queueing.way_closed"
    text = "本院没有开通这种签到方式，请到自助机或前台签到。"


class Outside(Conflict):
    """The phone is not at the hospital."""

    code = "queueing.outside"
    text = "您还没有到达医院签到范围。"


class PositionUnsure(Conflict):
    """The phone does not know well enough where it is."""

    code = "queueing.position_unsure"
    text = "手机定位不够准。"


class WrongRoom(Conflict):
    """The scanned code is another clinic's."""

    code = "queueing.wrong_room"
    text = "这是其他诊区的签到码。"


class CodeUnknown(Conflict):
    """The code is not one of this hub."""

    code = "queueing.code_unknown"
    text = "无法识别这个码，请扫描诊区张贴的签到码。"


class AskTheDesk(Conflict):
    """Missed too often to come back by oneself."""

    code = "queueing.ask_the_desk"
    text = "您已多次过号，请到分诊台由护士重新安排。"


class DeviceNotFound(NotFound):
    """No such device, or it was withdrawn."""

    code = "queueing.device_not_found"
