"""What staff, screens and patients see of a queue: values, and those of rows; no query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tenants.queueing.models import CallKind, Entry, EntryState, PresentBy, Queue, QueueState
from tenants.queueing.pace import Wait
from tenants.queueing.rules import Priority, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """A queue as staff and screens see it."""

    id: UUID
    session_id: UUID
    department_id: UUID
    department: str
    doctor_id: UUID | None
    doctor: str
    day: date
    period: str
    room: str
    campus_code: str
    starts_at: datetime
    state: QueueState
    pause_reason: str
    sensitive: bool
    turn: int

    @property
    def title(self) -> str:
        """Department and doctor."""
        return f"{self.department} {self.doctor}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in a queue. `ahead` are those who are there and come first, `maybe` those who may still arrive."""

    id: UUID
    queue_id: UUID
    booking_id: UUID | None
    archive_id: UUID | None
    person_id: UUID | None
    ticket: str
    booked: datetime
    booked_end: datetime
    priority: Priority
    is_followup: bool
    state: EntryState
    present_at: datetime | None
    present_by: str
    was_late: bool
    missed: int
    pass_reason: str
    station: str
    called_at: datetime | None
    calls: int
    done_at: datetime | None
    ahead: int | None = None
    maybe: int = 0
    wait: Wait | None = None

    @property
    def how_present(self) -> str:
        """How it is known that he is there."""
        return PresentBy(self.present_by).label if self.present_by else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A queue at this instant: who is inside or called, who waits in which order, who is missing, away or passed."""

    queue: QueueView
    rules: Rules
    active: tuple[Person, ...]
    line: tuple[Person, ...]
    missing: tuple[Person, ...]
    away: tuple[Person, ...]
    passed: tuple[Person, ...]
    done: int
    pace_minutes: float

    @property
    def everybody(self) -> tuple[Person, ...]:
        """All who have not left and are not done."""
        return (*self.active, *self.line, *self.missing, *self.away, *self.passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A queue of a day with its counts."""

    queue: QueueView
    present: int
    missing: int
    passed: int
    done: int
    inside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """One call and how it ended."""

    ticket: str
    kind: CallKind
    station: str
    called_by: str
    at: datetime
    unanswered_at: datetime | None
    answered_at: datetime | None


def queue_view(row: Queue) -> QueueView:
    """The value of a row; no query."""
    return QueueView(
        id=row.id,
        session_id=row.session_id,
        department_id=row.department_id,
        department=row.department_name,
        doctor_id=row.doctor_id,
        doctor=row.doctor_name,
        day=row.day,
        period=row.period,
        room=row.room,
        campus_code=row.campus_code,
        starts_at=row.starts_at,
        state=QueueState(row.state),
        pause_reason=row.pause_reason,
        sensitive=row.sensitive,
        turn=row.turn,
    )


def person_view(row: Entry, *, ahead: int | None = None, maybe: int = 0, wait: Wait | None = None) -> Person:
    """The value of a row; no query."""
    return Person(
        id=row.id,
        queue_id=row.queue_id,
        booking_id=row.booking_id,
        archive_id=row.archive_id,
        person_id=row.person_id,
        ticket=row.ticket,
        booked=row.booked,
        booked_end=row.booked_end,
        priority=Priority(row.priority),
        is_followup=row.is_followup,
        state=EntryState(row.state),
        present_at=row.present_at,
        present_by=row.present_by,
        was_late=row.was_late,
        missed=row.missed,
        pass_reason=row.pass_reason,
        station=row.station,
        called_at=row.called_at,
        calls=row.calls,
        done_at=row.done_at,
        ahead=ahead,
        maybe=maybe,
        wait=wait,
    )
