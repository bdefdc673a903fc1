"""What the no-show list publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealDecided(Event):
    """An appeal was ended; what follows for blocks, also the district's, is done outside the decider's own scope."""

    NAME: ClassVar[str] = "noshow.appeal_decided"
    hospital: str
    booking_id: UUID

    @property
    def aggregate(self) -> str:
        """The booking."""
        return f"noshow:{self.booking_id}"
