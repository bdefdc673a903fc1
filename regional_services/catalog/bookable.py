"""The one read of the catalogue that a booking needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import OuterRef, Subquery

from regional_services.catalog.models import CatalogDepartment, CatalogSession


@dataclass(frozen=True, slots=True, kw_only=True)
class BookableSession:
    """A session somebody may try to book: whether a number is free is the hospital's to say."""

    session_id: UUID
    department_id: UUID
    department_name: str
    sensitivity: str
    doctor_name: str
    date: date
    fee_fen: int


def bookable_session(institution_code: str, session_id: UUID) -> BookableSession | None:
    """The open session of that institution, or None. One query."""
    department = CatalogDepartment.objects.filter(department_id=OuterRef("department_id"))
    row = (
        CatalogSession.objects.filter(session_id=session_id, institution_code=institution_code, state="open")
        .annotate(
            department_name=Subquery(department.values("name")[:1]),
            sensitivity=Subquery(department.values("sensitivity")[:1]),
        )
        .values("session_id", "department_id", "department_name", "sensitivity", "doctor_name", "date", "fee_fen")
        .first()
    )
    if row is None or row["department_name"] is None:
        return None
    return BookableSession(**row)
