"""Calling people in: the doctor's page, the nurse's and the hospital's own system all end here.

Who is called is decided by one guarded UPDATE of his entry: of two who call at once one gets him, the other the next.
A room has at most one active patient (`uq_queueing_entry_station`), so that a key pressed twice calls once.
"""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from hub.ids import uuid7
from hub.work import Unit
from tenants.queueing import ordering
from tenants.queueing.errors import CallTooSoon, EntryNotFound, NobodyWaiting, NotCallable, QueueNotOpen, StaleCall
from tenants.queueing.events import CallUnanswered, EntryCalled
from tenants.queueing.models import ACTIVE, Call, CallKind, Entry, EntryState, PresentBy, Queue, QueueState
from tenants.queueing.rules import Priority, Rules
from tenants.queueing.selectors import current_rules, waiting_of
from tenants.queueing.steps import changed, finish, lock_entry, pass_over

CALLABLE = (EntryState.WAITING, EntryState.PASSED, EntryState.AWAY)


def call_next(unit: Unit, queue: Queue, *, station: str, expected: UUID | None) -> UUID | None:
    """Finish the one inside (`expected`, as the page shows him) and call the next who is there; his entry's id.

    None when somebody was finished and nobody waits. Raises StaleCall when the room's patient is another by now,
    NobodyWaiting when there was nothing to do, QueueNotOpen.
    """
    _require_open(queue)
    _settle_current(unit, queue, station, expected)
    rules = current_rules(unit.now)
    line = ordering.callable_line(waiting_of(queue.id), turn=queue.turn, run=queue.run, rules=rules)
    for one in line:
        if take(unit, one.id, station=station, where=Q(state=EntryState.WAITING, present_at__isnull=False)):
            count_turn(queue.id, one.priority)
            return one.id
    if expected is None:
        raise NobodyWaiting
    return None


def call_one(unit: Unit, entry: Entry, *, station: str) -> None:
    """Call this one out of turn, also somebody who was not known to be there."""
    _require_open(entry.queue)
    if not take(unit, entry.id, station=station, where=Q(state__in=CALLABLE)):
        raise StaleCall
    count_turn(entry.queue_id, Priority(entry.priority))


def take(unit: Unit, entry_id: UUID, *, station: str, where: Q) -> bool:
    """The guard: he is called if he is still as `where` says; False when somebody else was quicker.

    StaleCall when the room has a patient already.
    """
    call_id = uuid7()
    try:
        with transaction.atomic(using="hospital"):
            called = Entry.objects.filter(where, id=entry_id).update(
                state=EntryState.CALLED,
                station=station,
                call_id=call_id,
                called_at=unit.now,
                calls=F("calls") + 1,
                not_before=0,
                inside_at=None,
                updated_at=unit.now,
            )
    except IntegrityError as problem:
        raise StaleCall from problem
    if not called:
        return False
    entry = Entry.objects.get(id=entry_id)
    _cry(unit, entry, CallKind.FIRST, call_id)
    return True


def recall(unit: Unit, entry_id: UUID) -> None:
    """Cry out again; the first call went unanswered, and he is told so."""
    entry = _called(entry_id)
    note_unanswered(unit, entry)
    call_id = uuid7()
    Entry.objects.filter(id=entry_id).update(call_id=call_id, calls=F("calls") + 1, updated_at=unit.now)
    _cry(unit, entry, CallKind.AGAIN, call_id)


def note_unanswered(unit: Unit, entry: Entry) -> bool:
    """The standing call found nobody; told once for each call (JA-QUEUE-04)."""
    if entry.call_id is None:
        raise NotCallable
    first = Call.objects.filter(id=entry.call_id, unanswered_at__isnull=True, answered_at__isnull=True).update(
        unanswered_at=unit.now
    )
    unit.audit("queueing.unanswered", target=f"entry:{entry.id}", detail={"first": bool(first)})
    if first and entry.booking_id is not None:
        unit.publish(
            CallUnanswered(
                hospital=unit.scope,
                entry_id=entry.id,
                booking_id=entry.booking_id,
                call_id=entry.call_id,
                room=entry.station or entry.queue.room,
                ticket=entry.ticket,
            )
        )
    return bool(first)


def answered(unit: Unit, entry_id: UUID) -> None:
    """He came in: the call is answered, and he is there if nobody knew it before."""
    entry = _called(entry_id)
    entry.state, entry.inside_at, entry.updated_at = EntryState.INSIDE, unit.now, unit.now
    if entry.present_at is None:
        entry.present_at, entry.present_by = unit.now, PresentBy.CALLED
    entry.save(update_fields=["state", "inside_at", "present_at", "present_by", "updated_at"])
    _standing(entry).update(answered_at=unit.now)
    unit.audit("queueing.answered", target=f"entry:{entry_id}")
    changed(unit, entry.queue_id)


def skip(unit: Unit, entry_id: UUID) -> None:
    """Pass him after an unanswered call; CallTooSoon while the call is fresh (practice 14)."""
    entry, rules = _called(entry_id), current_rules(unit.now)
    again = _standing(entry).filter(kind=CallKind.AGAIN).exists()
    if not again and not _waited(unit, entry, rules):
        raise CallTooSoon
    note_unanswered(unit, entry)
    pass_over(unit, entry, reason="missed")


def _waited(unit: Unit, entry: Entry, rules: Rules) -> bool:
    return entry.called_at is not None and unit.now - entry.called_at >= rules.answer_time


def _called(entry_id: UUID) -> Entry:
    try:
        entry = lock_entry(entry_id)
    except Entry.DoesNotExist:
        raise EntryNotFound from None
    if entry.state != EntryState.CALLED or entry.call_id is None:
        raise NotCallable
    return entry


def _standing(entry: Entry) -> QuerySet[Call]:
    """The call that stands for him; none where nobody called."""
    return Call.objects.filter(id=entry.call_id) if entry.call_id else Call.objects.none()


def _require_open(queue: Queue) -> None:
    if queue.state != QueueState.OPEN:
        raise QueueNotOpen


def _settle_current(unit: Unit, queue: Queue, station: str, expected: UUID | None) -> None:
    standing = Entry.objects.filter(queue=queue, station=station, state__in=ACTIVE).values_list("id", flat=True).first()
    if standing != expected or (expected is not None and not finish(unit, expected)):
        raise StaleCall


def count_turn(queue_id: UUID, priority: Priority = Priority.NONE) -> None:
    """One more call was made in this queue."""
    run = F("run") + 1 if priority is Priority.EMERGENCY else 0
    Queue.objects.filter(id=queue_id).update(turn=F("turn") + 1, run=run)


def _cry(unit: Unit, entry: Entry, kind: CallKind, call_id: UUID) -> None:
    Call.objects.create(
        id=call_id,
        entry_id=entry.id,
        queue_id=entry.queue_id,
        kind=kind,
        station=entry.station,
        called_by=unit.actor.name[:60],
        at=unit.now,
    )
    unit.audit("queueing.called", target=f"entry:{entry.id}", detail={"station": entry.station, "kind": kind})
    if entry.booking_id is not None:
        unit.publish(
            EntryCalled(
                hospital=unit.scope,
                entry_id=entry.id,
                booking_id=entry.booking_id,
                call_id=call_id,
                room=entry.station,
                ticket=entry.ticket,
            )
        )
    changed(unit, entry.queue_id)


def not_told(called: list[tuple[UUID, UUID | None]]) -> list[UUID]:
    """Of these entries with their calls, those whose call is neither answered nor known as unanswered. One query."""
    open_calls = set(
        Call.objects.filter(
            id__in=[call_id for _, call_id in called if call_id], unanswered_at__isnull=True, answered_at__isnull=True
        ).values_list("id", flat=True)
    )
    return [entry_id for entry_id, call_id in called if call_id in open_calls]
