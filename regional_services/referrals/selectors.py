"""Looking at referrals; a hospital's staff see their own side by row-level security and by these filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from hub.actor import Actor
from hub.security.permissions import require
from hub.tenancy.scope import region
from regional_services.referrals.errors import ReferralNotFound
from regional_services.referrals.models import Received, Referral, State
from regional_services.referrals.permissions import VIEW


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
    wanted_at: datetime
    state: State
    reason: str
    starts_at: datetime | None
    sequence: int | None
    asked_by_name: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedView:
    """Who sent a patient, with which words, for when, and how that stands; `current_id` is the booking of now."""

    booking_id: UUID
    current_id: UUID
    person_id: UUID
    from_code: str
    family_doctor: str
    asked_by_name: str
    note: str
    made_at: datetime
    department_name: str
    doctor_name: str
    visit_date: date
    starts_at: datetime
    sequence: int | None
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What staff look for; empty fields don't narrow. `text`: part of a department or of somebody's name.

    `since` and `until` are days of the visit, `other` the hospital at the other end, `person_ids=()` finds nothing.
    """

    state: str = ""
    text: str = ""
    since: date | None = None
    until: date | None = None
    other: str = ""
    person_ids: tuple[UUID, ...] | None = None


Row = TypeVar("Row", Referral, Received)


def own_referral(actor: Actor, hospital: str, referral_id: UUID) -> ReferralView:
    """A referral of one's own hospital; ReferralNotFound for a stranger's. One query."""
    require(actor, VIEW)
    with region(read_only=True):
        row = Referral.objects.filter(id=referral_id, institution_code=hospital).first()
        if row is None:
            raise ReferralNotFound
        return _view(row)


def sent(actor: Actor, hospital: str, wanted: Wanted, *, offset: int = 0, limit: int = 50) -> list[ReferralView]:
    """Whom this hospital referred, newest first; to staff of some departments only, their own referrals. One query."""
    require(actor, VIEW)
    with region(read_only=True):
        rows = _narrowed(Referral.objects.filter(institution_code=hospital), wanted, other="to_code")
        if not actor.sees_all:
            rows = rows.filter(asked_by=actor.id)
        return [_view(row) for row in rows.order_by("-id")[offset : offset + limit]]


def received(actor: Actor, hospital: str, wanted: Wanted, *, offset: int = 0, limit: int = 50) -> list[ReceivedView]:
    """Who was referred to this hospital, in the departments the actor sees, the newest referral first. One query."""
    require(actor, VIEW)
    with region(read_only=True):
        rows = _narrowed(Received.objects.filter(institution_code=hospital), wanted, other="from_code")
        if actor.departments is not None:
            rows = rows.filter(department_id__in=actor.departments)
        return [_received(row) for row in rows.order_by("-booking_id")[offset : offset + limit]]


def _narrowed(rows: QuerySet[Row], wanted: Wanted, *, other: str) -> QuerySet[Row]:
    """Those that agree with the filters; `other` is the column of the hospital at the other end."""
    if wanted.state in State.values:
        rows = rows.filter(state=wanted.state)
    if wanted.since:
        rows = rows.filter(visit_date__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(visit_date__lte=wanted.until)
    if wanted.other:
        rows = rows.filter(**{other: wanted.other})
    if wanted.person_ids is not None:
        rows = rows.filter(person_id__in=wanted.person_ids)
    if wanted.text:
        named = ("department_name", "doctor_name", "family_doctor", "asked_by_name")
        rows = rows.filter(reduce(or_, (Q(**{f"{name}__contains": wanted.text}) for name in named)))
    return rows


def received_of(hospital: str, booking_id: UUID) -> ReceivedView | None:
    """Who sent the patient of a booking here, or of the one it took the place of, inside a region scope. One query."""
    mine = Received.objects.filter(institution_code=hospital)
    row = mine.filter(Q(booking_id=booking_id) | Q(current_id=booking_id)).first()
    return _received(row) if row else None


def _received(row: Received) -> ReceivedView:
    return ReceivedView(
        booking_id=row.booking_id,
        current_id=row.current_id,
        person_id=row.person_id,
        from_code=row.from_code,
        family_doctor=row.family_doctor,
        asked_by_name=row.asked_by_name,
        note=row.note,
        made_at=row.made_at,
        department_name=row.department_name,
        doctor_name=row.doctor_name,
        visit_date=row.visit_date,
        starts_at=row.starts_at,
        sequence=row.sequence,
        state=State(row.state),
        reason=row.reason,
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
        wanted_at=row.wanted_at,
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
