"""Refusals of the exchange."""

from __future__ import annotations

from hub.errors import Conflict, HubError, NotFound


class UnknownExchange(NotFound):
    """No such ask in this hospital."""

    code = "exchange.unknown"
    text = "没有找到这条接口消息。"


class NotAnswered(Conflict):
    """Nothing definite is known yet."""

    code = "exchange.not_answered"
    text = "医院尚未给出明确结果。"


class NotRerunnable(Conflict):
    """This ask may not be sent again now."""

    code = "exchange.not_rerunnable"
    text = "该请求当前不能重发：结果尚未核实，或医院已经受理。"


class BadSignature(HubError):
    """A message whose sender can't be believed."""

    code = "exchange.bad_signature"
    status = 401
    text = "签名校验失败。"


class MessageRefused(HubError):
    """A message of the hospital that can't be taken."""

    code = "exchange.malformed"
    status = 422
    text = "消息无法识别。"


class MessageTooLarge(HubError):
    """A message beyond the agreed size."""

    code = "exchange.too_large"
    status = 413
    text = "消息超过允许的大小。"
