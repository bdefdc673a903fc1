"""Reads of a hospital's directory, inside its scope; values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery

from tenants.directory.models import CodeMapping, Department, Doctor, DoctorPhoto, MappingKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentView:
    """A department."""

    id: UUID
    code: str
    name: str
    parent_id: UUID | None
    intro: str
    his_intro: str
    own_intro: str
    notice: str
    location: str
    sensitivity: str
    service: str
    is_active: bool
    synced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorView:
    """A doctor's post; `photo` names the version of his photograph, if there is one."""

    id: UUID
    practitioner_id: UUID
    department_id: UUID
    code: str
    name: str
    title: str
    intro: str
    his_intro: str
    own_intro: str
    registration_level: str
    is_active: bool
    synced_at: datetime
    photo: UUID | None


def departments() -> list[DepartmentView]:
    """All departments, active or not. One query."""
    return [_department(row) for row in Department.objects.all()]


def doctors() -> list[DoctorView]:
    """All posts, active or not. One query."""
    return [
        DoctorView(
            id=row.id,
            practitioner_id=row.practitioner_id,
            department_id=row.department_id,
            code=row.code,
            name=row.name,
            title=row.title,
            intro=row.own_intro or row.intro,
            his_intro=row.intro,
            own_intro=row.own_intro,
            registration_level=row.registration_level,
            is_active=row.is_active,
            synced_at=row.synced_at,
            photo=row.photo,
        )
        for row in Doctor.objects.annotate(
            photo=Subquery(
                DoctorPhoto.objects.filter(practitioner_id=OuterRef("practitioner_id")).values("version")[:1]
            )
        )
    ]


def department(department_id: UUID) -> DepartmentView | None:
    """One department. One query."""
    row = Department.objects.filter(pk=department_id).first()
    return _department(row) if row else None


def his_code_of(kind: MappingKind, hub_id: UUID, *, generation: int) -> str | None:
    """The code the present HIS uses for one of our ids. One query."""
    return (
        CodeMapping.objects.filter(kind=kind, hub_id=hub_id, his_generation=generation, valid_to__isnull=True)
        .order_by("-id")
        .values_list("his_code", flat=True)
        .first()
    )


def _department(row: Department) -> DepartmentView:
    return DepartmentView(
        id=row.id,
        code=row.code,
        name=row.name,
        parent_id=row.parent_id,
        intro=row.own_intro or row.intro,
        his_intro=row.intro,
        own_intro=row.own_intro,
        notice=row.notice,
        location=row.location,
        sensitivity=row.sensitivity,
        service=row.service,
        is_active=row.is_active,
        synced_at=row.synced_at,
    )
