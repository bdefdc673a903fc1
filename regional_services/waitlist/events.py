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


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFormed(Event):
    """Who lost his number by a stop stands in line: the session's numbers may come back."""

    NAME: ClassVar[str] = "waitlist.line_formed"
    hospital: str
    session_id: UUID
    reopening_id: UUID

    @property
    def aggregate(self) -> str:
        """By the session."""
        return f"session:{self.session_id}"
