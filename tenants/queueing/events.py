"""What queues tell the houses above: ids and what a screen shows anyway, never a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanged(Event):
    """Something in a queue moved; receivers read the queue again."""

    NAME: ClassVar[str] = "queueing.changed"
    hospital: str
    queue_id: UUID

    @property
    def aggregate(self) -> str:
        """The queue: what is projected of it never runs twice at once."""
        return f"queue:{self.queue_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryEvent(Event):
    """Base: a fact about one person's place, ordered per booking."""

    hospital: str
    entry_id: UUID
    booking_id: UUID

    @property
    def aggregate(self) -> str:
        """The booking."""
        return f"visit:{self.booking_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCalled(EntryEvent):
    """He was called into a room; each call has an id of its own."""

    NAME: ClassVar[str] = "queueing.called"
    call_id: UUID
    room: str
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallUnanswered(EntryEvent):
    """He was called and has not come in (JA-QUEUE-04)."""

    NAME: ClassVar[str] = "queueing.unanswered"
    call_id: UUID
    room: str
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPassed(EntryEvent):
    """He was passed over, by the clock or after an unanswered call (JA-QUEUE-05); each passing has its own id."""

    NAME: ClassVar[str] = "queueing.passed"
    pass_id: UUID
    reason: str
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFinished(EntryEvent):
    """The doctor is done with him, as the hub's own calling page or the hospital's system says."""

    NAME: ClassVar[str] = "queueing.visit_finished"
