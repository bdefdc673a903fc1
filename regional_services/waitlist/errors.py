"""Refusals around the waiting list."""

from hub.errors import Conflict, NotFound


class EntryNotFound(NotFound):
    """Absent, or not this actor's."""

    code = "waitlist.not_found"
    text = "没有找到这条候补，或您无权查看。"


class StillFree(Conflict):
    """Nobody waits and numbers are free: book one."""

    code = "waitlist.still_free"
    text = "这个门诊还有号，可以直接预约，不用候补。"


class NotOpen(Conflict):
    """The session is stopped, over, not released yet, or too near."""

    code = "waitlist.not_open"
    text = "这个门诊现在不能候补：还没有放号、已停诊，或已临近结束。"


class AlreadyIn(Conflict):
    """The person waits for this session, or has a number in it."""

    code = "waitlist.already_in"
    text = "该就诊人已在这个门诊候补，或已有这个门诊的预约。"


class TooMany(Conflict):
    """The person waits at as many places as the district allows."""

    code = "waitlist.too_many"
    text = "该就诊人同时候补的门诊已达上限，请先退出一个再来。"


class OfferGone(Conflict):
    """There is no offer to accept any more (or not yet)."""

    code = "waitlist.offer_gone"
    text = "这个号已经不再为您保留：超过了确认时间，或已经退出。没有产生费用。"


class OfferUnderWay(Conflict):
    """A number is being held for this place at this moment."""

    code = "waitlist.under_way"
    text = "正在为您占号，请过几秒再试。"
