"""Which code serves which channel."""

from __future__ import annotations

from regional_services.payments.channels.contract import Channel
from regional_services.payments.channels.wechat.channel import WeChatPay
from regional_services.payments.errors import ChannelUnavailable

_CHANNELS: dict[str, Channel] = {"wechat": WeChatPay()}


def channel(name: str) -> Channel:
    """The channel called `name`."""
    try:
        return _CHANNELS[name]
    except KeyError:
        raise ChannelUnavailable from None
