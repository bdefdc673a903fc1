"""What notifications publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsAsked(Event):
    """A message shall also go out as an SMS."""

    NAME: ClassVar[str] = "notifications.sms_asked"
    message_id: UUID

    @property
    def aggregate(self) -> str:
        """Each message by itself."""
        return f"message:{self.message_id}"
