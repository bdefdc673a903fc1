"""What becomes of a referred booking: kept beside it for both hospitals, and told to who referred."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub.work import Unit
from regional_services.booking import selectors as bookings
from regional_services.booking.models import Moving, Settlement
from regional_services.booking.models import State as BookingState
from regional_services.booking.selectors import BookingView
from regional_services.notifications.steps import send
from regional_services.referrals.models import ENDED_UNSEEN, Received, Referral, State
from tenants.registry import selectors as registry

_OUTCOMES = {
    BookingState.BOOKED: State.DONE,
    BookingState.FULFILLED: State.SEEN,
    BookingState.CANCELLED: State.CANCELLED,
    BookingState.STOPPED: State.STOPPED,
    BookingState.EXPIRED: State.LOST,
    BookingState.FAILED: State.LOST,
}
_HOSPITALS_OWN = (State.STOPPED, State.LOST)
MOVED = "患者已改约"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """What both hospitals' rows say of the booking that stands for a referral."""

    current_id: UUID
    state: State
    reason: str
    doctor_name: str
    visit_date: date
    starts_at: datetime
    sequence: int | None


def begin(unit: Unit, row: Referral) -> None:
    """The booking was made: note it here, and at the other hospital who sent the patient and why."""
    made = bookings.view_of(row.id)
    _note(unit, row, _standing(row, made))
    Received.objects.get_or_create(
        booking_id=row.id,
        defaults={
            "institution_code": row.to_code,
            "from_code": row.institution_code,
            "family_doctor": row.family_doctor,
            "note": row.note,
            "asked_by_name": row.asked_by_name,
            "made_at": unit.now,
            "current_id": row.id,
            "person_id": row.person_id,
            "department_id": made.department_id,
            "department_name": made.department_name,
            "doctor_name": made.doctor_name,
            "visit_date": made.visit_date,
            "starts_at": made.starts_at,
            "sequence": made.sequence,
            "state": row.state,
            "reason": row.reason,
        },
    )


def follow(unit: Unit, root: UUID, booking_id: UUID) -> None:
    """A booking that may stand for the referral `root` changed. Two queries, where it is news three or four more."""
    row = Referral.objects.select_for_update().filter(id=root).first()
    if row is None or row.state in (State.ASKED, State.REFUSED):
        return  # no referral; or one that reads its booking when it is done
    changed = bookings.view_of(booking_id)
    if not _stands_for(row, changed):
        return
    standing = _standing(row, changed)
    if (row.current_id, row.state, row.starts_at) == (standing.current_id, standing.state, standing.starts_at):
        return
    _note(unit, row, standing)
    there = {name: getattr(standing, name) for name in _Standing.__slots__}
    Received.objects.filter(booking_id=root).update(**there)
    if standing.state in ENDED_UNSEEN:
        _tell(unit, row, standing)
    unit.audit("referrals.followed", target=f"booking:{root}", detail={"state": standing.state})


def _stands_for(row: Referral, changed: BookingView) -> bool:
    """The booking of the moment, unless it only gives way to another; or the one that has taken its place."""
    if changed.state not in _OUTCOMES:
        return False
    if changed.id == row.current_id:
        return changed.settlement is not Settlement.MOVED and changed.replaced_by is None
    return changed.moving is Moving.TAKEN and changed.state is BookingState.BOOKED


def _standing(row: Referral, booking: BookingView) -> _Standing:
    state = _OUTCOMES.get(booking.state, State.DONE)
    reason = booking.reason[:120] if state in _HOSPITALS_OWN else ""
    return _Standing(
        current_id=booking.id,
        state=state,
        reason=reason or (MOVED if booking.id != row.id and state is State.DONE else ""),
        doctor_name=booking.doctor_name,
        visit_date=booking.visit_date,
        starts_at=booking.starts_at,
        sequence=booking.sequence,
    )


def _note(unit: Unit, row: Referral, standing: _Standing) -> None:
    for name in _Standing.__slots__:
        setattr(row, name, getattr(standing, name))
    row.ended_at = unit.now
    row.save(update_fields=[*_Standing.__slots__, "ended_at"])


def _tell(unit: Unit, row: Referral, standing: _Standing) -> None:
    place = registry.institution(row.to_code).short_name
    send(
        unit,
        kind="referral.ended",
        account_id=row.asked_by,
        person_id=None,
        institution_code=row.institution_code,
        about=standing.current_id,
        subject=row.id,
        facts={
            "department": f"{place}{row.department_name}",
            "when": standing.starts_at,
            "ended": "，".join(filter(None, (standing.state.label, standing.reason))),
        },
    )
