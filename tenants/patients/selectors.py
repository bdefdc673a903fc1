"""Reads of a hospital's archives, inside its scope."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub.security import blind
from hub.tenancy.statements import Select
from institution_connectors.contracts.values import Patient, Sex
from tenants.patients.errors import ArchiveNotFound
from tenants.patients.models import ArchiveState, PatientArchive

_ARCHIVE = Select(
    PatientArchive,
    "id = %(id)s",
    only=("id", "name", "his_name", "document_type", "document_number", "sex", "birth_date", "phone", "his_patient_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientView:
    """A patient in clear: pages mask it before it leaves the server."""

    archive_id: UUID
    person_id: UUID
    his_patient_id: str
    name: str
    document_type: str
    document_number: str
    phone: str
    sex: str
    birth_date: date


def contract_patient(archive_id: UUID) -> Patient:
    """The patient in the connectors' terms, spelled as this hospital can carry it (practice 3). One query."""
    row = _ARCHIVE.first(id=archive_id)
    if row is None:
        raise ArchiveNotFound
    return patient_of(row)


def contract_patients(archive_ids: list[UUID]) -> dict[UUID, Patient]:
    """The same of many, by archive. One query."""
    return {row.id: patient_of(row) for row in PatientArchive.objects.filter(id__in=archive_ids)}


def primary_archives(person_ids: list[UUID]) -> dict[UUID, UUID]:
    """The archives of people who have one here, by person. One query."""
    rows = PatientArchive.objects.filter(person_id__in=person_ids, is_primary=True)
    return dict(rows.values_list("person_id", "id"))


def patient_of(row: PatientArchive) -> Patient:
    """An archive in the connectors' terms; no query."""
    return Patient(
        name=row.his_name or row.name,
        document_type=row.document_type,
        document_number=row.document_number,
        sex=Sex(row.sex),
        birth_date=row.birth_date,
        phone=row.phone,
        his_id=row.his_patient_id or "",
    )


def patients_of(archive_ids: list[UUID]) -> dict[UUID, PatientView]:
    """The patients of a list, by archive. One query."""
    return {row.id: _view(row) for row in PatientArchive.objects.filter(id__in=archive_ids)}


def find(
    hospital: str,
    *,
    document: str = "",
    phone: str = "",
    name: str = "",
    document_tail: str = "",
    phone_tail: str = "",
    limit: int = 50,
) -> list[PatientView]:
    """Archives in use by exact document, phone or name, or by the last four of document or phone. One query.

    Everything given must agree; nothing given finds nothing. The order is that of making, never of names.
    """
    wanted = {
        "document_index": ("patients.document", document),
        "phone_index": ("patients.phone", phone),
        "name_index": ("patients.name", name),
        "document_tail_index": ("patients.document_tail", document_tail),
        "phone_tail_index": ("patients.phone_tail", phone_tail),
    }
    conditions = {
        f"{column}__in": blind.candidates(purpose, value, hospital)
        for column, (purpose, value) in wanted.items()
        if value
    }
    if not conditions:
        return []
    rows = PatientArchive.objects.filter(state=ArchiveState.ACTIVE, **conditions).order_by("id")[:limit]
    return [_view(row) for row in rows]


def by_documents(hospital: str, numbers: Collection[str]) -> dict[str, PatientView]:
    """Archives in use by exact document number, of many at once. One query."""
    wanted = [index for number in numbers for index in blind.candidates("patients.document", number, hospital)]
    rows = PatientArchive.objects.filter(state=ArchiveState.ACTIVE, is_primary=True, document_index__in=wanted)
    return {row.document_number: _view(row) for row in rows}


def _view(row: PatientArchive) -> PatientView:
    return PatientView(
        archive_id=row.id,
        person_id=row.person_id,
        his_patient_id=row.his_patient_id or "",
        name=row.name,
        document_type=row.document_type,
        document_number=row.document_number,
        phone=row.phone,
        sex=row.sex,
        birth_date=row.birth_date,
    )
