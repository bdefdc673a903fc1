"""What notifications publishes, to itself: a message was stored, a delivery is due, a channel reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event
from regional_services.notifications.catalogue import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStored(Event):
    """A message may also go outside."""

    NAME: ClassVar[str] = "notifications.message_stored"
    message_id: UUID

    @property
    def aggregate(self) -> str:
        """Each message by itself."""
        return f"message:{self.message_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDue(Event):
    """A delivery is to be taken up now."""

    NAME: ClassVar[str] = "notifications.delivery_due"
    delivery_id: UUID

    @property
    def aggregate(self) -> str:
        """Each delivery by itself."""
        return f"delivery:{self.delivery_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReported(Event):
    """A channel says what became of something it had accepted; `key` is its own name for it."""

    NAME: ClassVar[str] = "notifications.delivery_reported"
    channel: Channel
    key: str
    delivered: bool
    reason: str
    reported_at: datetime

    @property
    def aggregate(self) -> str:
        """What is reported on."""
        return f"report:{self.channel}:{self.key}"
