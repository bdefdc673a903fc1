"""Codes of the HIS and what they mean here, inside an open hospital scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from tenants.directory.models import CodeMapping, Doctor, MappingKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The mappings valid on a day: HIS code to hub id, and the posts of practitioners."""

    departments: dict[str, UUID]
    practitioners: dict[str, UUID]
    posts: dict[tuple[UUID, UUID], tuple[UUID, str]]

    def department(self, his_code: str) -> UUID | None:
        """The department a HIS code names."""
        return self.departments.get(his_code)

    def post(self, his_code: str, department_id: UUID) -> tuple[UUID | None, str]:
        """The doctor's post in that department and his name; (None, "") for a rota or a stranger."""
        practitioner = self.practitioners.get(his_code)
        return self.posts.get((practitioner, department_id), (None, "")) if practitioner else (None, "")


def codes_on(day: date, *, generation: int) -> Codes:
    """All mappings of a HIS generation valid on `day`. Two queries."""
    valid = CodeMapping.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        his_generation=generation,
        valid_from__lte=day,
        kind__in=(MappingKind.DEPARTMENT, MappingKind.DOCTOR),
    ).values_list("kind", "his_code", "hub_id")
    found: dict[str, dict[str, UUID]] = {MappingKind.DEPARTMENT: {}, MappingKind.DOCTOR: {}}
    for kind, his_code, hub_id in valid:
        found[kind][his_code] = hub_id
    posts = {
        (practitioner, department): (post, name)
        for post, practitioner, department, name in Doctor.objects.values_list(
            "id", "practitioner_id", "department_id", "name"
        )
    }
    return Codes(departments=found[MappingKind.DEPARTMENT], practitioners=found[MappingKind.DOCTOR], posts=posts)
