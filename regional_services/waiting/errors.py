"""Refusals around places in line."""

from hub.errors import NotFound


class NoPlace(NotFound):
    """No place in line for this booking, or not for this account: never told apart."""

    code = "waiting.no_place"
    text = "还没有排队信息。就诊当天缴费或免费的预约会自动进入候诊队列。"
