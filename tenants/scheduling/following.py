"""Following what a HIS tells, inside an open hospital unit; the caller audits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Case, F, Q, Value, When

from hub.work import Unit
from institution_connectors.contracts.inbound import NumberTaken, ScheduleSnapshot
from institution_connectors.contracts.values import ScheduleState, Stop
from tenants.directory.steps import codes_on
from tenants.scheduling import altering, releasing, slots, sync
from tenants.scheduling.errors import NothingToReopen, SessionNotFound
from tenants.scheduling.events import SessionsStopped, SyncConflictFound
from tenants.scheduling.models import ConflictKind, Number, NumberState, Session, SessionState, SyncConflict
from tenants.scheduling.news import announce


def follow_snapshot(unit: Unit, snapshot: ScheduleSnapshot, *, generation: int) -> int:
    """Make our sessions and numbers those of the snapshot; how many sessions were told."""
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
    news = {row.code for row in known if row.code in before and before[row.code].told != sync.digest(row)}
    sync.heard_again([before[his_code].id for his_code in news & followed.keys()], now=unit.now)
    shifts = {code: row.shift_minutes for code, row in before.items() if row.shift_minutes and code not in news}
    _follow_numbers(unit, snapshot, followed, shifts)
    gone = [
        row.id
        for his_code, row in before.items()
        if his_code in snapshot.withdrawn
        or (snapshot.complete and his_code not in {schedule.code for schedule in snapshot.schedules})
    ]
    _withdraw(unit, gone, source_at)
    for schedule in known:
        if schedule.state is ScheduleState.STOPPED and schedule.code in followed:
            stop_numbers(unit, followed[schedule.code], reason="医院停诊", source_at=source_at)
    releasing.apply(unit, followed.values())
    altering.tell_changes(unit, [before[his_code] for his_code in news & followed.keys()])
    announce(unit, [*followed.values(), *gone])
    return len(followed)


def follow_stop(unit: Unit, stop: Stop, *, generation: int) -> tuple[UUID, ...]:
    """Stop what the HIS stopped; the bookings concerned. SessionNotFound for a stranger."""
    session_id = (
        Session.objects.filter(his_generation=generation, his_code=stop.schedule_code)
        .values_list("id", flat=True)
        .first()
    )
    if session_id is None:
        raise SessionNotFound
    Session.objects.filter(pk=session_id).update(told="")  # its next word on the session counts, whatever it is
    holders = stop_numbers(
        unit,
        session_id,
        reason=stop.reason,
        source_at=stop.decided_at or unit.now,
        whole=stop.whole,
        from_sequence=stop.from_sequence,
        from_time=stop.from_time,
    )
    announce(unit, [session_id])
    return holders


def follow_number_taken(unit: Unit, fact: NumberTaken, *, generation: int) -> None:
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
        announce(unit, [number.session_id])


def _follow_numbers(unit: Unit, snapshot: ScheduleSnapshot, followed: dict[str, UUID], shifts: dict[str, int]) -> None:
    for number in slots.unplaceable(snapshot.numbers):
        _conflict(unit, ConflictKind.SLOT_INVALID, number.schedule_code, None, f"第{number.sequence}号没有时长")
    numbers = sync.shifted(slots.within_limit(snapshot.numbers), shifts)
    moved = sync.moved_numbers(followed, numbers)
    sync.write_numbers(followed, numbers, now=unit.now)
    complete = [followed[code] for code in snapshot.sessions_with_numbers if code in followed]
    vanished = sync.drop_vanished(complete, followed, numbers, now=unit.now)
    his_codes = {session_id: his_code for his_code, session_id in followed.items()}
    for kind, kept in ((ConflictKind.MOVED, moved), (ConflictKind.VANISHED, vanished)):
        for one in kept:
            _disagree(unit, kind, his_codes[one.session_id], one)


def _withdraw(unit: Unit, gone: list[UUID], source_at: datetime) -> None:
    withdrawn = sync.withdraw_sessions(gone, source_at=source_at, now=unit.now)
    kept = sync.drop_vanished(withdrawn, {}, [], now=unit.now)
    if kept:
        his_codes = dict(Session.objects.filter(id__in=withdrawn).values_list("id", "his_code"))
        for one in kept:
            _disagree(unit, ConflictKind.VANISHED, his_codes[one.session_id], one)


def stop_numbers(
    unit: Unit,
    session_id: UUID,
    *,
    reason: str,
    source_at: datetime,
    whole: bool = True,
    from_sequence: int | None = None,
    from_time: datetime | None = None,
    here: bool = False,
) -> tuple[UUID, ...]:
    """Stop numbers; the holders that are hit. `here`: decided in the hub, so that the HIS's silence doesn't undo it.

    A part of a session is stopped from a number or time on. Who came for an earlier number and may still wait is named
    with the event, for the appointments know who is here: he is the desk's, not stopped (practice 13).
    The session row is locked first, so that no release passes by unseen (`steps.release_number`).
    """
    Session.objects.select_for_update().get(pk=session_id)
    if whole:
        Session.objects.filter(pk=session_id).update(
            state=SessionState.STOPPED, stop_reason=reason[:100], source_at=source_at
        )
    every = Number.objects.filter(session_id=session_id)
    rows = every.filter(is_stopped=False)
    if not whole and from_sequence is not None:
        rows = rows.filter(sequence__gte=from_sequence)
    if not whole and from_time is not None:
        rows = rows.filter(start__gte=from_time)
    rows.filter(holder__isnull=True).update(
        is_stopped=True,
        stopped_here=here,
        changed_at=unit.now,
        state=Case(When(state=NumberState.FREE, then=Value(NumberState.STOPPED)), default=F("state")),
    )
    # Only now read who holds the rest: claims that were under way when the free ones were stopped are over.
    hit = list(rows.filter(Q(holder__isnull=False)).select_for_update().values_list("id", "holder"))
    if whole and not here:
        every.filter(stopped_here=True).update(stopped_here=False)  # the HIS says so too: only it can reopen them
    Number.objects.filter(id__in=[number_id for number_id, _ in hit]).update(
        is_stopped=True, stopped_here=here, changed_at=unit.now
    )
    holders = tuple(holder for _, holder in hit if holder is not None)
    earlier: tuple[UUID, ...] = ()
    if not whole:
        earlier = tuple(
            holder for holder in every.values_list("holder", flat=True) if holder is not None and holder not in holders
        )
    if holders or earlier:
        unit.publish(
            SessionsStopped(
                hospital=unit.scope,
                session_ids=(session_id,),
                holders=holders,
                reason=reason,
                partial=not whole,
                earlier=earlier,
            )
        )
    return holders


def reopen_numbers(unit: Unit, session_id: UUID) -> int:
    """Numbers stopped here can be booked again, and so can the session; how many are free. A repeat frees none.

    NothingToReopen if none was stopped here, or the HIS has stopped or withdrawn the session since.
    """
    row = Session.objects.select_for_update().get(pk=session_id)
    stopped = Number.objects.filter(session_id=session_id, stopped_here=True)
    if row.state == SessionState.WITHDRAWN or not stopped.exists():
        raise NothingToReopen
    Session.objects.filter(pk=session_id).update(state=SessionState.OPEN, stop_reason="")
    freed = stopped.filter(state=NumberState.STOPPED, is_gone=False, start__gt=unit.now).count()
    stopped.update(
        is_stopped=False,
        stopped_here=False,
        changed_at=unit.now,
        state=Case(
            When(state=NumberState.STOPPED, is_gone=True, then=Value(NumberState.WITHDRAWN)),
            When(state=NumberState.STOPPED, then=Value(NumberState.FREE)),
            default=F("state"),
        ),
    )
    announce(unit, [session_id])
    return freed


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
    known = SyncConflict.objects.filter(kind=kind, session_his_code=his_code, settled_at__isnull=True)
    if number_id in set(known.values_list("number_id", flat=True)):
        return False
    SyncConflict.objects.create(
        kind=kind, session_his_code=his_code, number_id=number_id, detail=detail, found_at=unit.now
    )
    return True
