"""What the hub tells itself to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverDue(Event):
    """Entries wait for the data foundation. It names no hospital: no hospital's places for outside calls are used."""

    NAME: ClassVar[str] = "foundation.hand_over_due"

    @property
    def aggregate(self) -> str:
        """One line for all, and no booking's: whatever happens to it, no booking waits."""
        return "foundation"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRejected(Event):
    """The data foundation does not take an entry; it is an operator's now."""

    NAME: ClassVar[str] = "foundation.entry_rejected"
    event_id: UUID

    @property
    def aggregate(self) -> str:
        """Each by itself."""
        return f"foundation:{self.event_id}"
