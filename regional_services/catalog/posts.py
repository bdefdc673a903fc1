"""The catalogue by doctor and by session, for other rooms: who a post is, which sessions are open or have numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from regional_services.catalog.models import CatalogDepartment, CatalogDoctor, CatalogSession

OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPost:
    """A doctor's post at a hospital by name."""

    practitioner_id: UUID
    name: str
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """An open session of a doctor; `fee_fen` in fen, `release_at` from when residents may book it."""

    session_id: UUID
    institution_code: str
    doctor_id: UUID
    date: date
    period: str
    fee_fen: int
    room: str
    free: int
    next_start: datetime | None
    release_at: datetime | None


def post(doctor_id: UUID) -> NamedPost | None:
    """The post by its id; None if no catalogue knows it, or whose it is. Two queries."""
    row = CatalogDoctor.objects.filter(pk=doctor_id).first()
    if row is None or row.practitioner_id is None:
        return None
    department = CatalogDepartment.every.filter(pk=row.department_id).values_list("name", flat=True).first()
    return NamedPost(practitioner_id=row.practitioner_id, name=row.name, department=department or "")


def open_sessions(doctor_ids: Sequence[UUID], first: date, last: date) -> list[OpenSession]:
    """Their open sessions of these days, in order of time. One query."""
    rows = CatalogSession.objects.filter(doctor_id__in=doctor_ids, date__range=(first, last), state=OPEN)
    return [
        OpenSession(
            session_id=row.session_id,
            institution_code=row.institution_code,
            doctor_id=row.doctor_id,
            date=row.date,
            period=row.period,
            fee_fen=row.fee_fen,
            room=row.room,
            free=row.free,
            next_start=row.next_free_start,
            release_at=row.release_at,
        )
        for row in rows.order_by("date", "first_start", "session_id")
        if row.doctor_id is not None
    ]


def with_numbers(session_ids: Collection[UUID]) -> set[UUID]:
    """Those of the sessions that are open and show free numbers. One query."""
    rows = CatalogSession.objects.filter(session_id__in=session_ids, free__gt=0, state=OPEN)
    return set(rows.values_list("session_id", flat=True))
