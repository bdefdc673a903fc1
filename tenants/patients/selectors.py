"""Reads of a hospital's archives, inside its scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from institution_connectors.contracts.values import Patient, Sex
from tenants.patients.models import PatientArchive


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
    row = PatientArchive.objects.get(id=archive_id)
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
    return {
        row.id: PatientView(
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
        for row in PatientArchive.objects.filter(id__in=archive_ids)
    }
