"""Reads of a hospital's queues, inside its scope; each says how many queries it takes. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q

from hub import clock
from tenants.queueing import ordering, pace
from tenants.queueing.models import (
    ACTIVE,
    IN_LINE,
    Call,
    CallKind,
    Device,
    DeviceKind,
    Entry,
    EntryState,
    PresentBy,
    Queue,
    QueueState,
    RuleSet,
)
from tenants.queueing.ordering import Waiting
from tenants.queueing.pace import History, Wait
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """A waiting hall's screen, or a machine to check in at."""

    id: UUID
    kind: DeviceKind
    name: str
    departments: tuple[UUID, ...]
    sound: bool
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class RulesView:
    """A set of rules with who made it and from when it holds."""

    rules: Rules
    effective_from: datetime
    made_by: str


def current_rules(at: datetime) -> Rules:
    """The rules that hold at `at`; the built-in ones where the hospital set none. One query."""
    row = RuleSet.objects.filter(effective_from__lte=at).order_by("-effective_from", "-id").first()
    return Rules.from_json(row.rules) if row else Rules()


def rules_were_set() -> bool:
    """Whether this hospital ever set rules of its own. One query."""
    return RuleSet.objects.exists()


def rule_history(limit: int = 20) -> list[RulesView]:
    """The latest sets, newest first. One query."""
    rows = RuleSet.objects.order_by("-effective_from", "-id")[:limit]
    return [RulesView(Rules.from_json(row.rules), row.effective_from, row.made_by) for row in rows]


def waiting_of(queue_id: UUID) -> list[Waiting]:
    """Those in line who have not been called or come back. One query."""
    return [as_waiting(row) for row in Entry.objects.filter(queue_id=queue_id, state=EntryState.WAITING)]


def as_waiting(row: Entry) -> Waiting:
    """What the order depends on."""
    return Waiting(
        id=row.id,
        booked=row.booked,
        booked_end=row.booked_end,
        sequence=row.sequence,
        present=row.present_at is not None,
        priority=Priority(row.priority),
        not_before=row.not_before,
    )


def queue(queue_id: UUID) -> QueueView | None:
    """One queue. One query."""
    row = Queue.objects.filter(id=queue_id).first()
    return queue_view(row) if row else None


def queues_of_day(day: date, *, departments: Iterable[UUID] = ()) -> list[Tally]:
    """The day's queues with their counts, by department and time. One query."""
    rows = Queue.objects.filter(day=day)
    wanted = list(departments)
    if wanted:
        rows = rows.filter(department_id__in=wanted)
    state, there = "entries__state", Q(entries__present_at__isnull=False)
    rows = rows.annotate(
        present=Count("entries", filter=there & Q(**{state: EntryState.WAITING})),
        missing=Count("entries", filter=~there & Q(**{state: EntryState.WAITING})),
        passed=Count("entries", filter=Q(**{state: EntryState.PASSED})),
        done=Count("entries", filter=Q(**{state: EntryState.DONE})),
        inside=Count("entries", filter=Q(entries__state__in=ACTIVE)),
    ).order_by("starts_at", "department_name", "doctor_name", "id")
    return [
        Tally(
            queue=queue_view(row),
            present=row.present,
            missing=row.missing,
            passed=row.passed,
            done=row.done,
            inside=row.inside,
        )
        for row in rows
    ]


def board(queue_id: UUID) -> Board | None:
    """A queue at this instant. Three queries."""
    return next(iter(boards([queue_id])), None)


def boards(queue_ids: Iterable[UUID]) -> list[Board]:
    """Several queues at this instant. Three queries."""
    now = clock.now()
    rules = current_rules(now)
    found = {row.id: row for row in Queue.objects.filter(id__in=list(queue_ids))}
    entries: dict[UUID, list[Entry]] = {queue_id: [] for queue_id in found}
    for entry in Entry.objects.filter(queue_id__in=list(found)).order_by("booked", "sequence", "id"):
        entries[entry.queue_id].append(entry)
    return [_board(row, entries[row.id], rules, now) for row in found.values()]


def ended_of(queue_id: UUID) -> list[Person]:
    """Those of a queue who are done or left. One query."""
    return [person_view(row) for row in Entry.objects.filter(queue_id=queue_id).exclude(state__in=IN_LINE)]


def entry(entry_id: UUID) -> Person | None:
    """One person by the entry, without a place in line. One query."""
    row = Entry.objects.filter(id=entry_id).first()
    return person_view(row) if row else None


def entry_of_booking(booking_id: UUID) -> Person | None:
    """One person by his booking, without a place in line. One query."""
    row = Entry.objects.filter(booking_id=booking_id).first()
    return person_view(row) if row else None


def booked_into_queues(booking_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these bookings that have an entry. One query."""
    rows = Entry.objects.filter(booking_id__in=list(booking_ids)).values_list("booking_id", flat=True)
    return {booking_id for booking_id in rows if booking_id is not None}


def calls_of_queue(queue_id: UUID, limit: int = 12) -> list[CallView]:
    """The latest calls of a queue, newest first. One query."""
    rows = Call.objects.filter(queue_id=queue_id).select_related("entry").order_by("-at", "-id")[:limit]
    return [
        CallView(
            ticket=row.entry.ticket,
            kind=CallKind(row.kind),
            station=row.station,
            called_by=row.called_by,
            at=row.at,
            unanswered_at=row.unanswered_at,
            answered_at=row.answered_at,
        )
        for row in rows
    ]


def device(device_id: UUID) -> DeviceView | None:
    """A device whose link still works. One query."""
    row = Device.objects.filter(id=device_id, withdrawn_at__isnull=True).first()
    return device_view(row) if row else None


def devices() -> list[DeviceView]:
    """All devices whose link works. One query."""
    return [device_view(row) for row in Device.objects.filter(withdrawn_at__isnull=True).order_by("made_at")]


def device_view(row: Device) -> DeviceView:
    """The value of a row; no query."""
    return DeviceView(
        id=row.id,
        kind=DeviceKind(row.kind),
        name=row.name,
        departments=tuple(UUID(one) for one in row.departments),
        sound=row.sound,
        made_by=row.made_by,
        made_at=row.made_at,
    )


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


def _board(row: Queue, entries: list[Entry], rules: Rules, now: datetime) -> Board:
    by_state: dict[str, list[Entry]] = {}
    for one in entries:
        by_state.setdefault(one.state, []).append(one)
    active = [*by_state.get(EntryState.INSIDE, ()), *by_state.get(EntryState.CALLED, ())]
    active.sort(key=lambda one: one.called_at or now, reverse=True)
    paced = _pace(row, by_state.get(EntryState.DONE, []))
    line, missing = _placed(row, by_state.get(EntryState.WAITING, []), active, rules, paced, now)
    return Board(
        queue=queue_view(row),
        rules=rules,
        active=tuple(map(person_view, active)),
        line=tuple(line),
        missing=tuple(missing),
        away=tuple(map(person_view, by_state.get(EntryState.AWAY, ()))),
        passed=tuple(map(person_view, by_state.get(EntryState.PASSED, ()))),
        done=len(by_state.get(EntryState.DONE, ())),
        pace_minutes=paced.mean / 60,
    )


def _pace(row: Queue, done: list[Entry]) -> pace.Pace:
    took = [(one.done_at - one.called_at).total_seconds() for one in done if one.done_at and one.called_at]
    return pace.pace(took, History(row.history_mean, row.history_deviation))


def _placed(
    row: Queue,
    waiting: list[Entry],
    active: list[Entry],
    rules: Rules,
    paced: pace.Pace,
    now: datetime,
) -> tuple[list[Person], list[Person]]:
    """Those who are there, in order, and those who are not, each with the place he has or would have."""
    rows = {one.id: one for one in waiting}
    begun = row.turn > 0 or bool(active)
    begins_in = 0.0 if begun else max(0.0, (row.starts_at - now).total_seconds())
    inside = [one.called_at for one in active if one.called_at]
    serving_for = (now - min(inside)).total_seconds() if inside else None
    doctors = max(1, len({one.station for one in active if one.station}))
    line: list[Person] = []
    missing: list[Person] = []
    for one in ordering.order(map(as_waiting, waiting), turn=row.turn, run=row.run, rules=rules):
        entry = rows[one.id]
        ahead, maybe = len(line), len(missing)
        wait = pace.wait(paced, ahead=ahead, maybe=maybe, serving_for=serving_for, begins_in=begins_in, doctors=doctors)
        (line if one.present else missing).append(person_view(entry, ahead=ahead, maybe=maybe, wait=wait))
    return line, missing
