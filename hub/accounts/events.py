"""What accounts tell the relay; ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCodeRequested(Event):
    """A phone code waits to be sent."""

    NAME: ClassVar[str] = "accounts.phone_code_requested"
    code_id: UUID

    @property
    def aggregate(self) -> str:
        return f"phone_code:{self.code_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatCodeReceived(Event):
    """A WeChat authorisation code waits to be exchanged."""

    NAME: ClassVar[str] = "accounts.wechat_code_received"
    ask_id: UUID

    @property
    def aggregate(self) -> str:
        return f"wechat_ask:{self.ask_id}"
