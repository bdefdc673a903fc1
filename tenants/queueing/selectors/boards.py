"""Whole queues at an instant: who waits in which order and for how long, inside a hospital's scope."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q

from hub import clock
from tenants.queueing import ordering, pace
from tenants.queueing.models import ACTIVE, Entry, EntryState, Queue
from tenants.queueing.ordering import Waiting
from tenants.queueing.pace import History
from tenants.queueing.rules import Priority, Rules
from tenants.queueing.selectors.rule_sets import current_rules
from tenants.queueing.selectors.views import Board, Person, Tally, person_view, queue_view


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
