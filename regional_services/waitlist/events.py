"""What the waiting list asks of a hospital."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded(Event):
    """The number held under this id is not wanted: give it back."""

    NAME: ClassVar[str] = "waitlist.offer_ended"
    hospital: str
    offer_id: UUID

    @property
    def aggregate(self) -> str:
        """The offer."""
        return f"offer:{self.offer_id}"
