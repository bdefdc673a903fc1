"""Rows of a hospital's tables, not yet stored."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from hub import clock
from hub.ids import uuid7
from tenants.patients.models import PatientArchive

PERSON = UUID("00000000-0000-7000-8000-000000000001")


def archive(name: str = "沈云", **other: object) -> PatientArchive:
    """A patient's archive."""
    now = clock.now()
    given = {"id": uuid7(), "person_id": PERSON, "document_type": "01", "document_number": "1", "phone": ""}
    given |= {"sex": "1", "birth_date": date(1990, 5, 17), "created_at": now, "updated_at": now}
    indexes = dict.fromkeys(("name_index", "document_index", "document_tail_index"), b"\x01" * 33)
    return PatientArchive(name=name, **indexes, **given, **other)
