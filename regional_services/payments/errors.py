"""Refusals of payments, with the text a person reads."""

from __future__ import annotations

from hub.errors import Conflict, HubError, Unavailable


class OrderNotPayable(Conflict):
    """The order is paid, closing or closed, or its deadline has passed."""

    code = "payments.order_not_payable"
    text = "订单当前不能支付，请刷新查看最新状态。"


class TooManyAttempts(Conflict):
    """So many tries at one order mean that something else is wrong."""

    code = "payments.too_many_attempts"
    text = "支付次数过多，请稍后再试或到窗口缴费。"


class ChannelUnavailable(Unavailable):
    """The hospital has no live merchant account at this channel."""

    code = "payments.channel_unavailable"
    text = "该医院暂未开通此支付方式。"


class OrderNotRefundable(Conflict):
    """Nothing was paid, or all of it already went back."""

    code = "payments.order_not_refundable"
    text = "订单没有可退的款项。"


class NotificationForged(HubError):
    """A notice whose signature, time or merchant is not what the channel would send."""

    code = "payments.notification_forged"
    status = 401
    text = "签名验证失败。"
