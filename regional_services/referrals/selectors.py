"""Looking at referrals; a hospital's staff see their own side by row-level security and by these filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub.actor import Actor
from hub.security.permissions import require
from hub.tenancy.scope import region
from regional_services.referrals.errors import ReferralNotFound
from regional_services.referrals.models import Received, Referral, State
from regional_services.referrals.permissions import REFER


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralView:
    """A referral as its hospital's pages show it."""

    id: UUID
    person_id: UUID
    archive_id: UUID
    to_code: str
    department_name: str
    doctor_name: str
    visit_date: date
    fee_fen: int
    family_doctor: str
    note: str
    state: State
    reason: str
    starts_at: datetime | None
    sequence: int | None
    asked_by_name: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedView:
    """Who sent a patient, and with which words."""

    booking_id: UUID
    from_code: str
    family_doctor: str
    note: str
    made_at: datetime


def own_referral(actor: Actor, hospital: str, referral_id: UUID) -> ReferralView:
    """A referral of one's own hospital; ReferralNotFound for a stranger's. One query."""
    require(actor, REFER)
    with region(read_only=True):
        row = Referral.objects.filter(id=referral_id, institution_code=hospital).first()
        if row is None:
            raise ReferralNotFound
        return _view(row)


def listed(actor: Actor, hospital: str, *, state: str = "", offset: int = 0, limit: int = 50) -> list[ReferralView]:
    """The hospital's referrals, newest first. One query."""
    require(actor, REFER)
    with region(read_only=True):
        rows = Referral.objects.filter(institution_code=hospital)
        if state in State.values:
            rows = rows.filter(state=state)
        return [_view(row) for row in rows.order_by("-id")[offset : offset + limit]]


def received_of(hospital: str, booking_id: UUID) -> ReceivedView | None:
    """Who sent the patient of a booking here, inside a region scope. One query."""
    row = Received.objects.filter(booking_id=booking_id, institution_code=hospital).first()
    if row is None:
        return None
    return ReceivedView(
        booking_id=row.booking_id,
        from_code=row.from_code,
        family_doctor=row.family_doctor,
        note=row.note,
        made_at=row.made_at,
    )


def _view(row: Referral) -> ReferralView:
    return ReferralView(
        id=row.id,
        person_id=row.person_id,
        archive_id=row.archive_id,
        to_code=row.to_code,
        department_name=row.department_name,
        doctor_name=row.doctor_name,
        visit_date=row.visit_date,
        fee_fen=row.fee_fen,
        family_doctor=row.family_doctor,
        note=row.note,
        state=State(row.state),
        reason=row.reason,
        starts_at=row.starts_at,
        sequence=row.sequence,
        asked_by_name=row.asked_by_name,
        asked_at=row.asked_at,
    )


def under_way(holders: set[UUID]) -> set[UUID]:
    """Which of these holders of numbers are referrals whose booking is about to begin. One query."""
    return set(Referral.objects.filter(id__in=holders, state=State.ASKED).values_list("id", flat=True))
