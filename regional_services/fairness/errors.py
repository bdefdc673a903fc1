"""Refusals at the door of a booking, and around the decisions about them."""

from hub.errors import Conflict, NotFound


class TooEager(Conflict):
    """An account or device did more of it than the district's rules let one do in a while; the text says what."""

    code = "fairness.too_eager"
    text = "短时间内预约过于频繁，请稍后再试。"


class HeldForCheck(Conflict):
    """Staff saw a pattern of scalping: no booking online until a person has looked."""

    code = "fairness.held"
    text = (
        "因抢号异常，这个账号、设备或网络暂停线上预约，待核验。请本人带证件到医院窗口预约，或拨打服务热线核验后恢复。"
    )


class PatternNotFound(NotFound):
    """No such pattern."""

    code = "fairness.not_found"
    text = "没有找到这条记录。"


class NothingToDecide(Conflict):
    """It stands that way already."""

    code = "fairness.nothing_to_decide"
    text = "这条记录已是这个状态，请刷新查看。"
