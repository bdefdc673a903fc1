"""A session that takes place otherwise than booked: substitute, price, room, campus, time (practice 13).

One piece for both origins: the hospital decides in the hub (`alter`), or its own system tells (`tell_changes`). Holders
keep their numbers; who owns their bookings asks them whether they stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import F

from hub.errors import InvalidInput
from hub.work import Unit
from tenants.scheduling.errors import SessionNotFound
from tenants.scheduling.events import SessionAltered
from tenants.scheduling.models import Number, Session, SessionState
from tenants.scheduling.news import announce
from tenants.scheduling.sync import Before

HIS_REASON = "医院调整排班"
_FARTHEST = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be otherwise; None leaves it as it is."""

    doctor_id: UUID | None = None
    doctor_name: str | None = None
    registration_level: str | None = None
    fee_fen: int | None = None
    room: str | None = None
    campus_code: str | None = None
    shift_minutes: int = 0

    @property
    def columns(self) -> dict[str, object]:
        """The session's own columns that change."""
        named = ("doctor_id", "doctor_name", "registration_level", "fee_fen", "room", "campus_code")
        return {name: getattr(self, name) for name in named if getattr(self, name) is not None}


def alter(unit: Unit, session_id: UUID, change: Change, *, reason: str) -> tuple[UUID, ...]:
    """Make the session so, move its numbers, tell its holders; the holders. SessionNotFound unless it is open."""
    row = Session.objects.select_for_update().filter(pk=session_id, state=SessionState.OPEN).first()
    if row is None:
        raise SessionNotFound
    if abs(row.shift_minutes + change.shift_minutes) > _FARTHEST:
        raise InvalidInput("只能在当天内调整时间。")
    before = before_of(row)
    Session.objects.filter(pk=session_id).update(
        **change.columns, shift_minutes=row.shift_minutes + change.shift_minutes
    )
    if change.shift_minutes:
        moved = timedelta(minutes=change.shift_minutes)
        Number.objects.filter(session_id=session_id).update(
            start=F("start") + moved, end=F("end") + moved, changed_at=unit.now
        )
    holders = _tell(unit, before, reason=reason, shift_minutes=change.shift_minutes)
    announce(unit, [session_id])
    return holders


def before_of(row: Session) -> Before:
    """How a session stands, as what comes after is compared with."""
    return Before(
        row.id, row.told, row.shift_minutes, row.doctor_id, row.doctor_name, row.room, row.campus_code, row.fee_fen
    )


def tell_changes(unit: Unit, before: Sequence[Before]) -> None:
    """Tell the holders of those sessions that stand otherwise than before."""
    for one in before:
        _tell(unit, one, reason=HIS_REASON)


def _tell(unit: Unit, before: Before, *, reason: str, shift_minutes: int = 0) -> tuple[UUID, ...]:
    row = Session.objects.get(pk=before.id)
    now = before_of(row)
    told = ("doctor_id", "room", "campus_code", "fee_fen")
    if not shift_minutes and all(getattr(now, name) == getattr(before, name) for name in told):
        return ()
    held = Number.objects.filter(session_id=row.id, holder__isnull=False, is_stopped=False).order_by("sequence")
    holders = tuple(holder for holder in held.values_list("holder", flat=True) if holder is not None)
    if holders:
        unit.publish(
            SessionAltered(
                hospital=unit.scope,
                session_id=row.id,
                holders=holders,
                reason=reason,
                doctor_id=row.doctor_id,
                doctor_name=row.doctor_name,
                fee_fen=row.fee_fen,
                room=row.room,
                campus_code=row.campus_code,
                was_doctor_name=before.doctor_name,
                was_fee_fen=before.fee_fen,
                was_room=before.room,
                was_campus_code=before.campus_code,
                shift_minutes=shift_minutes,
            )
        )
    return holders
