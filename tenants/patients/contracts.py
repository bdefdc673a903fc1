"""Who signed with a family doctor here: what lets this hospital's staff refer him to another's reserved numbers."""

from __future__ import annotations

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

_DOCTOR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractView:
    """A living contract."""

    person_id: UUID
    doctor_name: str
    signed_at: datetime
    signed_by: str


def contract_of(person_id: UUID) -> ContractView | None:
    """The living contract of a person, inside the hospital's scope. One query."""
    row = FamilyContract.objects.filter(person_id=person_id, ended_at__isnull=True).first()
    if row is None:
        return None
    return ContractView(
        person_id=row.person_id, doctor_name=row.doctor_name, signed_at=row.signed_at, signed_by=row.signed_by
    )


def sign(*, actor: Actor, hospital: str, person_id: UUID, doctor_name: str) -> None:
    """Note that a person signed; InvalidInput without the doctor's name, SignedAlready."""
    require(actor, CONTRACT)
    doctor = doctor_name.strip()[:_DOCTOR]
    if not doctor:
        raise InvalidInput("请填写签约医生姓名。", fields={"doctor": "请填写签约医生姓名。"})
    with work(hospital, actor=actor) as unit:
        try:
            with transaction.atomic(using=hospital_alias()):
                made = FamilyContract.objects.create(
                    person_id=person_id, doctor_name=doctor, signed_at=unit.now, signed_by=actor.name[:_DOCTOR]
                )
        except IntegrityError as problem:
            raise SignedAlready from problem
        unit.audit("patients.family_signed", target=f"person:{person_id}", detail={"contract": str(made.id)})


def end(*, actor: Actor, hospital: str, person_id: UUID) -> None:
    """Note that a contract ended; NotSigned where there is none."""
    require(actor, CONTRACT)
    with work(hospital, actor=actor) as unit:
        living = FamilyContract.objects.filter(person_id=person_id, ended_at__isnull=True)
        if not living.update(ended_at=unit.now, ended_by=actor.name[:_DOCTOR]):
            raise NotSigned
        unit.audit("patients.family_ended", target=f"person:{person_id}")
