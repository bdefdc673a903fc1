"""What becomes of people when an account is merged or closed: steps inside an open region unit."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub.security import blind
from hub.work import Unit
from regional_services.identity.documents import Document
from regional_services.identity.models import (
    Identifier,
    Person,
    RealNameCheck,
    Relation,
    RelationKind,
    RelationState,
    Standing,
)
from regional_services.identity.services import end_relation
from regional_services.identity.steps import set_name, set_phone

LIVE = (RelationState.PENDING, RelationState.ACTIVE)
GONE = "已注销"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A person nobody can find any more, and who he was."""

    person_id: UUID
    content: dict[str, Any]


def verified_self(account_id: UUID) -> UUID | None:
    """The account's checked holder, if it has one. One query."""
    return (
        Relation.objects.filter(
            account_id=account_id,
            kind=RelationKind.SELF,
            state=RelationState.ACTIVE,
            person__standing=Standing.VERIFIED,
        )
        .values_list("person_id", flat=True)
        .first()
    )


def accounts_of_self(person_id: UUID) -> list[UUID]:
    """The accounts whose checked holder this person is, the oldest first. One query."""
    return list(
        Relation.objects.filter(person_id=person_id, kind=RelationKind.SELF, state=RelationState.ACTIVE)
        .order_by("created_at")
        .values_list("account_id", flat=True)
    )


def person_of_document(document: Document) -> UUID | None:
    """Whose document this is, if anybody's. One query."""
    return (
        Identifier.objects.filter(
            kind=document.kind,
            number_index__in=blind.candidates("person.document", document.key),
            retired_at__isnull=True,
        )
        .values_list("person_id", flat=True)
        .first()
    )


def person_of_number(number: str) -> UUID | None:
    """The person with a document of this number, whatever its kind. One query."""
    return (
        Identifier.objects.filter(number_index__in=blind.candidates("person.document", number), retired_at__isnull=True)
        .values_list("person_id", flat=True)
        .first()
    )


def shared_people(one: UUID, other: UUID) -> int:
    """How many people both accounts act for. One query."""
    return (
        Relation.objects.filter(
            account_id=one,
            state__in=LIVE,
            person_id__in=Relation.objects.filter(account_id=other, state__in=LIVE).values("person_id"),
        )
        .exclude(state=RelationState.ENDED)
        .count()
    )


def end_live_relations(unit: Unit, account_id: UUID, *, reason: str) -> list[UUID]:
    """End what an account still acts for; the relations ended."""
    rows = list(Relation.objects.select_for_update().filter(account_id=account_id, state__in=LIVE))
    for row in rows:
        end_relation(unit, row, reason=reason)
    return [row.id for row in rows]


def one_default(account_id: UUID) -> None:
    """Of several default people the one who was it first stays so."""
    rows = Relation.objects.filter(account_id=account_id, is_default=True).order_by("created_at")
    first = rows.values_list("id", flat=True).first()
    if first is not None:
        rows.exclude(id=first).update(is_default=False)


def revive_relations(relation_ids: list[UUID]) -> None:
    """The relations a merge ended count again."""
    Relation.objects.filter(id__in=relation_ids, state=RelationState.ENDED).update(
        state=RelationState.ACTIVE, ended_at=None
    )


def forget_people(unit: Unit, account_id: UUID) -> list[Forgotten]:
    """End all relations of an account; who is left with nobody acting for him becomes unfindable, his data returned.

    The rows stay under their ids, so that what the law keeps still hangs together; names, numbers and phones go.
    """
    people = list(
        Relation.objects.filter(account_id=account_id, state__in=LIVE).values_list("person_id", flat=True).distinct()
    )
    end_live_relations(unit, account_id, reason="account_closed")
    RealNameCheck.objects.filter(relation__account_id=account_id).update(name="", document_number="", phone="")
    return [
        _forget(unit, person)
        for person in Person.objects.select_for_update().filter(id__in=people).order_by("id")
        if not Relation.objects.filter(person=person, state__in=LIVE).exists()
    ]


def _forget(unit: Unit, person: Person) -> Forgotten:
    rows = list(person.identifiers.all())
    content = {
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth_date.isoformat(),
        "phone": person.phone,
        "identifiers": [{"kind": row.kind, "number": row.number, "name": row.name} for row in rows],
    }
    for row in rows:
        row.number, row.name = GONE, GONE
        row.number_index = _nothing("person.document")
        row.tail_index = _nothing("person.document_tail")
        row.save(update_fields=["number", "name", "number_index", "tail_index"])
    set_name(unit, person, GONE)
    person.name_index = _nothing("person.name")
    set_phone(unit, person, "")
    person.standing = person.standing if person.standing == Standing.DECEASED else Standing.UNVERIFIED
    person.save()
    unit.audit("identity.person_forgotten", target=f"person:{person.id}")
    return Forgotten(UUID(str(person.id)), content)


def _nothing(purpose: str) -> bytes:
    """An index that no search ever asks for."""
    return blind.index(purpose, f"closed:{secrets.token_hex(16)}")
