"""Schedules followed, stopped and added to. Each function is one unit of work of one hospital."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Case, F, Max, Q, Value, When

from hub import ids
from hub.actor import Actor
from hub.security.permissions import require
from hub.work import Unit, work
from institution_connectors.contracts.inbound import NumberTaken as NumberTakenFact
from institution_connectors.contracts.inbound import ScheduleSnapshot
from institution_connectors.contracts.values import ScheduleState, Stop
from tenants.directory.steps import codes_on
from tenants.scheduling import slots, sync
from tenants.scheduling.errors import SessionNotFound, SlotTooLong
from tenants.scheduling.events import SessionChanged, SessionsStopped, SyncConflictFound
from tenants.scheduling.models import (
    SLOT_LIMIT,
    ConflictKind,
    Number,
    NumberState,
    Session,
    SessionState,
    SyncConflict,
)
from tenants.scheduling.permissions import ADD_NUMBER, STOP_SESSION

EVENT_BATCH = 200


def apply_snapshot(
    code: str, snapshots: ScheduleSnapshot | Sequence[ScheduleSnapshot], *, actor: Actor, generation: int = 1
) -> int:
    """Make our sessions and numbers those of the HIS; how many sessions were told. Repeating it changes nothing."""
    several = [snapshots] if isinstance(snapshots, ScheduleSnapshot) else list(snapshots)
    with work(code, actor=actor) as unit:
        told = sum(follow_snapshot(unit, snapshot, generation=generation) for snapshot in several)
        unit.audit("scheduling.synced", target=f"hospital:{code}", detail={"sessions": told})
        return told


def follow_snapshot(unit: Unit, snapshot: ScheduleSnapshot, *, generation: int) -> int:
    """The same inside an open unit (the handler of a pushed snapshot); the caller audits."""
    codes = codes_on(snapshot.first_day, generation=generation)
    known = [schedule for schedule in snapshot.schedules if codes.department(schedule.department_code)]
    _note_strangers(unit, snapshot, {schedule.code for schedule in known})
    named = [*(schedule.code for schedule in snapshot.schedules), *snapshot.withdrawn]
    before = sync.lock_sessions(
        named,
        generation=generation,
        complete=snapshot.complete,
        first=snapshot.first_day,
        last=snapshot.last_day,
    )
    source_at = snapshot.occurred_at
    followed = sync.write_sessions(known, codes, generation=generation, source_at=source_at, now=unit.now)
    _follow_numbers(unit, snapshot, followed)
    gone = [
        session_id
        for his_code, session_id in before.items()
        if his_code in snapshot.withdrawn
        or (snapshot.complete and his_code not in {schedule.code for schedule in snapshot.schedules})
    ]
    _withdraw(unit, gone, source_at)
    for schedule in known:
        if schedule.state is ScheduleState.STOPPED and schedule.code in followed:
            _stop(unit, followed[schedule.code], reason="医院停诊", source_at=source_at)
    _announce(unit, [*followed.values(), *gone])
    return len(followed)


def stop_session(code: str, stop: Stop, *, actor: Actor, generation: int = 1) -> tuple[UUID, ...]:
    """Stop a session, whole or from a number or time on; the bookings concerned. SessionNotFound for a stranger."""
    with work(code, actor=actor) as unit:
        holders = follow_stop(unit, stop, generation=generation)
        unit.audit(
            "scheduling.session_stopped",
            target=f"session:{stop.schedule_code}",
            detail={"whole": stop.whole, "bookings": len(holders)},
            reason=stop.reason,
        )
        return holders


def follow_stop(unit: Unit, stop: Stop, *, generation: int) -> tuple[UUID, ...]:
    """The same inside an open unit; the caller audits."""
    session_id = (
        Session.objects.filter(his_generation=generation, his_code=stop.schedule_code)
        .values_list("id", flat=True)
        .first()
    )
    if session_id is None:
        raise SessionNotFound
    holders = _stop(
        unit,
        session_id,
        reason=stop.reason,
        source_at=stop.decided_at or unit.now,
        whole=stop.whole,
        from_sequence=stop.from_sequence,
        from_time=stop.from_time,
    )
    _announce(unit, [session_id])
    return holders


def stop_own_session(*, actor: Actor, hospital: str, session_id: UUID, reason: str) -> tuple[UUID, ...]:
    """The same decided by a member of the hospital's staff in the hub."""
    require(actor, STOP_SESSION)
    with work(hospital, actor=actor) as unit:
        if not Session.objects.filter(pk=session_id).exists():
            raise SessionNotFound
        holders = _stop(unit, session_id, reason=reason, source_at=unit.now)
        _announce(unit, [session_id])
        unit.audit(
            "scheduling.session_stopped",
            target=f"session:{session_id}",
            detail={"whole": True, "bookings": len(holders)},
            reason=reason,
        )
        return holders


def add_number(*, actor: Actor, hospital: str, session_id: UUID, start: datetime, end: datetime, reason: str) -> UUID:
    """An extra number (加号): authorised, audited, and a row like any other."""
    require(actor, ADD_NUMBER)
    if not start < end <= start + SLOT_LIMIT:
        raise SlotTooLong
    with work(hospital, actor=actor) as unit:
        session = Session.objects.select_for_update().filter(pk=session_id, state=SessionState.OPEN).first()
        if session is None:
            raise SessionNotFound
        last = Number.objects.filter(session=session).aggregate(last=Max("sequence"))["last"] or 0
        number = Number.objects.create(
            id=ids.uuid7(),
            session=session,
            sequence=last + 1,
            start=start,
            end=end,
            is_extra=True,
            changed_at=unit.now,
        )
        unit.publish(SessionChanged(hospital=hospital, session_ids=(session_id,)))
        unit.audit("scheduling.number_added", target=f"number:{number.id}", reason=reason)
        return number.id


def follow_number_taken(unit: Unit, fact: NumberTakenFact, *, generation: int) -> None:
    """The HIS sold a number itself, or gave one back. Ours stay ours: that is a conflict for staff."""
    number = (
        Number.objects.filter(
            session__his_generation=generation, session__his_code=fact.schedule_code, sequence=fact.sequence
        )
        .select_related("session")
        .first()
    )
    if number is None:
        return
    free_rows = Number.objects.filter(pk=number.pk, holder__isnull=True, is_gone=False, is_stopped=False)
    if fact.free:
        changed = free_rows.filter(state=NumberState.WITHDRAWN).update(state=NumberState.FREE, changed_at=unit.now)
    else:
        changed = free_rows.filter(state=NumberState.FREE).update(state=NumberState.WITHDRAWN, changed_at=unit.now)
    if changed:
        _announce(unit, [number.session_id])


def _follow_numbers(unit: Unit, snapshot: ScheduleSnapshot, followed: dict[str, UUID]) -> None:
    for number in slots.unplaceable(snapshot.numbers):
        _conflict(unit, ConflictKind.SLOT_INVALID, number.schedule_code, None, f"第{number.sequence}号没有时长")
    numbers = slots.within_limit(snapshot.numbers)
    moved = sync.moved_numbers(followed, numbers)
    sync.write_numbers(followed, numbers, now=unit.now)
    complete = [followed[his_code] for his_code in snapshot.sessions_with_numbers if his_code in followed]
    _, vanished = sync.drop_vanished(complete, followed, numbers, now=unit.now)
    his_codes = {session_id: his_code for his_code, session_id in followed.items()}
    for kind, kept in ((ConflictKind.MOVED, moved), (ConflictKind.VANISHED, vanished)):
        for one in kept:
            _disagree(unit, kind, his_codes[one.session_id], one)


def _withdraw(unit: Unit, gone: list[UUID], source_at: datetime) -> None:
    withdrawn = sync.withdraw_sessions(gone, source_at=source_at, now=unit.now)
    _, kept = sync.drop_vanished(withdrawn, {}, [], now=unit.now)
    if kept:
        his_codes = dict(Session.objects.filter(id__in=withdrawn).values_list("id", "his_code"))
        for one in kept:
            _disagree(unit, ConflictKind.VANISHED, his_codes[one.session_id], one)


def _stop(
    unit: Unit,
    session_id: UUID,
    *,
    reason: str,
    source_at: datetime,
    whole: bool = True,
    from_sequence: int | None = None,
    from_time: datetime | None = None,
) -> tuple[UUID, ...]:
    """Stop numbers; the session row is locked first, so that no release passes by unseen (`steps.release_number`)."""
    Session.objects.select_for_update().get(pk=session_id)
    if whole:
        Session.objects.filter(pk=session_id).update(
            state=SessionState.STOPPED, stop_reason=reason[:100], source_at=source_at
        )
    rows = Number.objects.filter(session_id=session_id, is_stopped=False)
    if not whole and from_sequence is not None:
        rows = rows.filter(sequence__gte=from_sequence)
    if not whole and from_time is not None:
        rows = rows.filter(start__gte=from_time)
    rows.filter(holder__isnull=True).update(
        is_stopped=True,
        changed_at=unit.now,
        state=Case(When(state=NumberState.FREE, then=Value(NumberState.STOPPED)), default=F("state")),
    )
    # Only now read who holds the rest: claims that were under way when the free ones were stopped are over.
    hit = list(rows.filter(Q(holder__isnull=False)).select_for_update().values_list("id", "holder"))
    Number.objects.filter(id__in=[number_id for number_id, _ in hit]).update(is_stopped=True, changed_at=unit.now)
    holders = tuple(holder for _, holder in hit if holder is not None)
    if holders:
        unit.publish(SessionsStopped(hospital=unit.scope, session_ids=(session_id,), holders=holders, reason=reason))
    return holders


def _announce(unit: Unit, sessions: Iterable[UUID]) -> None:
    distinct = sorted(set(sessions))
    for start in range(0, len(distinct), EVENT_BATCH):
        unit.publish(SessionChanged(hospital=unit.scope, session_ids=tuple(distinct[start : start + EVENT_BATCH])))


def _note_strangers(unit: Unit, snapshot: ScheduleSnapshot, known: set[str]) -> None:
    for schedule in snapshot.schedules:
        if schedule.code not in known:
            detail = f"科室代码 {schedule.department_code}"
            _conflict(unit, ConflictKind.UNKNOWN_DEPARTMENT, schedule.code, None, detail)


def _disagree(unit: Unit, kind: ConflictKind, his_code: str, kept: sync.Kept) -> None:
    if _conflict(unit, kind, his_code, kept.number_id, kind.label):
        unit.publish(
            SyncConflictFound(hospital=unit.scope, session_id=kept.session_id, holder=kept.holder, kind=kind.value)
        )


def _conflict(unit: Unit, kind: ConflictKind, his_code: str, number_id: UUID | None, detail: str) -> bool:
    """List it once while it is open; whether it is new."""
    known = SyncConflict.objects.filter(
        kind=kind, session_his_code=his_code, number_id=number_id, settled_at__isnull=True
    )
    if known.exists():
        return False
    SyncConflict.objects.create(
        kind=kind, session_his_code=his_code, number_id=number_id, detail=detail, found_at=unit.now
    )
    return True
