"""What hospitals keep for referrals by family doctors, as the staff of any hospital may see it (ADR 1132)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from hub import clock
from regional_services.catalog.models import CatalogDepartment, CatalogSession
from tenants.scheduling.models import SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A session elsewhere with numbers for referrals; how many and when is a hint, the hospital decides."""

    session_id: UUID
    institution_code: str
    department_id: UUID
    department_name: str
    doctor_name: str
    registration_level: str
    date: date
    period: str
    starts_at: datetime | None
    ends_at: datetime | None
    fee_fen: int
    left: int
    starts: tuple[datetime, ...]


def openings(
    *, besides: str, code: str = "", text: str = "", since: date | None = None, offset: int = 0, limit: int = 50
) -> list[Opening]:
    """Open sessions of other hospitals than `besides`, soonest first; `text`: part of a department or doctor.

    Two queries, three with `text`.
    """
    now = clock.now()
    rows = CatalogSession.objects.filter(referable__gt=0, state=SessionState.OPEN, last_end__gt=now)
    rows = rows.filter(date__gte=max(since or clock.today(), clock.today())).exclude(institution_code=besides)
    if code:
        rows = rows.filter(institution_code=code)
    if text:
        named = list(CatalogDepartment.objects.filter(name__contains=text).values_list("department_id", flat=True))
        rows = rows.filter(Q(doctor_name__contains=text) | Q(department_id__in=named))
    found = list(rows.order_by("date", "first_start", "session_id")[offset : offset + limit])
    departments = CatalogDepartment.objects.filter(department_id__in={row.department_id for row in found})
    names = dict(departments.values_list("department_id", "name"))
    return [_opening(row, names.get(row.department_id, "")) for row in found]


def opening(session_id: UUID) -> Opening | None:
    """One of them, as long as there are numbers. Two queries."""
    rows = CatalogSession.objects.filter(
        session_id=session_id, referable__gt=0, state=SessionState.OPEN, last_end__gt=clock.now()
    )
    row = rows.first()
    if row is None:
        return None
    department = CatalogDepartment.objects.filter(department_id=row.department_id).first()
    return _opening(row, department.name if department else "")


def _opening(row: CatalogSession, department_name: str) -> Opening:
    return Opening(
        session_id=row.session_id,
        institution_code=row.institution_code,
        department_id=row.department_id,
        department_name=department_name,
        doctor_name=row.doctor_name,
        registration_level=row.registration_level,
        date=row.date,
        period=row.period,
        starts_at=row.first_start,
        ends_at=row.last_end,
        fee_fen=row.fee_fen,
        left=row.referable,
        starts=tuple(start for start in row.referable_starts if start > clock.now()),
    )
