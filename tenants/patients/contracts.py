"""Who signed with a family doctor here: what lets this hospital's staff refer him to another's reserved numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from hub.actor import Actor
from hub.errors import InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import hospital_alias
from hub.work import work
from tenants.patients.errors import NotSigned, SignedAlready
from tenants.patients.models import FamilyContract
from tenants.patients.permissions import CONTRACT

DOCTOR_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractView:
    """A living contract."""

    person_id: UUID
    doctor_name: str
    signed_at: datetime
    signed_by: str


def contract_of(person_id: UUID) -> ContractView | None:
    """The living contract of a person, inside the hospital's scope. One query."""
    return contracts_of([person_id]).get(person_id)


def contracts_of(person_ids: Collection[UUID]) -> dict[UUID, ContractView]:
    """The living contracts of these people, by person. One query."""
    rows = FamilyContract.objects.filter(person_id__in=person_ids, ended_at__isnull=True)
    return {row.person_id: _view(row) for row in rows}


def listed(*, text: str = "", offset: int = 0, limit: int = 50) -> list[ContractView]:
    """Living contracts, the newest first, inside the hospital's scope; `text`: part of the doctor's name. One query."""
    rows = FamilyContract.objects.filter(ended_at__isnull=True)
    if text:
        rows = rows.filter(doctor_name__contains=text)
    return [_view(row) for row in rows.order_by("-signed_at", "id")[offset : offset + limit]]


def _view(row: FamilyContract) -> ContractView:
    return ContractView(
        person_id=row.person_id, doctor_name=row.doctor_name, signed_at=row.signed_at, signed_by=row.signed_by
    )


def sign(*, actor: Actor, hospital: str, person_id: UUID, doctor_name: str) -> None:
    """Note that a person signed; InvalidInput without the doctor's name, SignedAlready."""
    require(actor, CONTRACT)
    doctor = doctor_name.strip()[:DOCTOR_LONGEST]
    if not doctor:
        raise InvalidInput("请填写签约医生姓名。", fields={"doctor": "请填写签约医生姓名。"})
    with work(hospital, actor=actor) as unit:
        try:
            with transaction.atomic(using=hospital_alias()):
                made = FamilyContract.objects.create(
                    person_id=person_id, doctor_name=doctor, signed_at=unit.now, signed_by=actor.name[:DOCTOR_LONGEST]
                )
        except IntegrityError as problem:
            raise SignedAlready from problem
        unit.audit("patients.family_signed", target=f"person:{person_id}", detail={"contract": str(made.id)})


def end(*, actor: Actor, hospital: str, person_id: UUID) -> None:
    """Note that a contract ended; NotSigned where there is none."""
    require(actor, CONTRACT)
    with work(hospital, actor=actor) as unit:
        living = FamilyContract.objects.filter(person_id=person_id, ended_at__isnull=True)
        if not living.update(ended_at=unit.now, ended_by=actor.name[:DOCTOR_LONGEST]):
            raise NotSigned
        unit.audit("patients.family_ended", target=f"person:{person_id}")
