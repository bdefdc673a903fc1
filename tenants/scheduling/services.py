"""Schedules followed, stopped and added to. Each function is one unit of work of one hospital."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max

from hub import ids
from hub.actor import Actor
from hub.security.permissions import require
from hub.work import work
from institution_connectors.contracts.inbound import ScheduleSnapshot
from institution_connectors.contracts.values import Stop
from tenants.directory.steps import codes_on
from tenants.registry.selectors import institution
from tenants.scheduling import following
from tenants.scheduling.errors import SessionNotFound, SlotTooLong
from tenants.scheduling.events import SessionChanged
from tenants.scheduling.models import SLOT_LIMIT, Number, Session, SessionState
from tenants.scheduling.permissions import ADD_NUMBER, STOP_SESSION


def apply_snapshot(
    code: str, snapshots: ScheduleSnapshot | Sequence[ScheduleSnapshot], *, actor: Actor, generation: int = 1
) -> int:
    """Make our sessions and numbers those of the HIS; how many sessions were told. Repeating it changes nothing."""
    several = [snapshots] if isinstance(snapshots, ScheduleSnapshot) else list(snapshots)
    with work(code, actor=actor) as unit:
        told = sum(following.follow_snapshot(unit, snapshot, generation=generation) for snapshot in several)
        unit.audit("scheduling.synced", target=f"hospital:{code}", detail={"sessions": told})
        return told


def confirm_unchanged(code: str, department_code: str, day: date, *, actor: Actor) -> int:
    """The HIS was asked and nothing changed: the age of the data starts again; how many sessions."""
    with work(code, actor=actor) as unit:
        codes = codes_on(day, generation=institution(code).his_generation).departments
        rows = Session.objects.filter(department_id=codes[department_code], date=day).order_by("id")
        sessions = list(rows.values_list("id", flat=True))
        Session.objects.filter(id__in=sessions).update(synced_at=unit.now)
        following.announce(unit, sessions)
        unit.audit("scheduling.confirmed", target=f"hospital:{code}", detail={"sessions": len(sessions)})
        return len(sessions)


def stop_session(code: str, stop: Stop, *, actor: Actor, generation: int = 1) -> tuple[UUID, ...]:
    """Stop a session, whole or from a number or time on; the bookings concerned. SessionNotFound for a stranger."""
    with work(code, actor=actor) as unit:
        holders = following.follow_stop(unit, stop, generation=generation)
        unit.audit(
            "scheduling.session_stopped",
            target=f"session:{stop.schedule_code}",
            detail={"whole": stop.whole, "bookings": len(holders)},
            reason=stop.reason,
        )
        return holders


def stop_own_session(*, actor: Actor, hospital: str, session_id: UUID, reason: str) -> tuple[UUID, ...]:
    """The same decided by a member of the hospital's staff in the hub."""
    require(actor, STOP_SESSION)
    with work(hospital, actor=actor) as unit:
        if not Session.objects.filter(pk=session_id).exists():
            raise SessionNotFound
        holders = following.stop_numbers(unit, session_id, reason=reason, source_at=unit.now)
        following.announce(unit, [session_id])
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
