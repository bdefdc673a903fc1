"""The channels outside, by name."""

from __future__ import annotations

from collections.abc import Mapping

from regional_services.notifications.catalogue import Channel
from regional_services.notifications.channels.alipay import LifeAccount
from regional_services.notifications.channels.contract import Answer, Outcome, Parcel, Sender
from regional_services.notifications.channels.signed import CityApp, TextMessages
from regional_services.notifications.channels.wechat import OfficialAccount

SENDERS: Mapping[Channel, Sender] = {
    Channel.WECHAT: OfficialAccount(),
    Channel.ALIPAY: LifeAccount(),
    Channel.APP: CityApp(),
    Channel.SMS: TextMessages(),
}

__all__ = ["SENDERS", "Answer", "Outcome", "Parcel", "Sender"]
