"""What follows from the city's answer: a relation becomes active, or is refused with the reason. One unit of work."""

from __future__ import annotations

from uuid import UUID

from hub import clock
from hub.actor import Actor
from hub.security import blind
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.identity import documents
from regional_services.identity.events import RealNameAnswered
from regional_services.identity.locks import lock_document
from regional_services.identity.models import (
    CheckState,
    Identifier,
    Person,
    RealNameCheck,
    Relation,
    RelationKind,
    RelationState,
    Standing,
)
from regional_services.identity.steps import add_identifier, set_name, set_phone


def store(check_id: UUID, state: CheckState, *, actor: Actor) -> None:
    """Store an answer and act on it once; a repeat changes nothing."""
    with work(REGION, actor=actor) as unit:
        check = RealNameCheck.objects.select_for_update().get(pk=check_id)
        if check.state not in (CheckState.ASKED, CheckState.UNKNOWN):
            return
        relation = Relation.objects.select_for_update().select_related("person").get(pk=check.relation_id)
        check.state, check.attempts = state, check.attempts + 1
        if state != CheckState.UNKNOWN:
            check.answered_at = unit.now
        check.save(update_fields=["state", "attempts", "answered_at"])
        if state == CheckState.MATCH:
            _agreed(unit, check, relation)
        elif state != CheckState.UNKNOWN:
            _refused(relation, state)
        if state != CheckState.UNKNOWN:
            unit.publish(
                RealNameAnswered(
                    relation_id=relation.id,
                    account_id=relation.account_id,
                    person_id=relation.person_id,
                    state=state,
                )
            )
        unit.audit("identity.real_name_answered", target=f"person:{relation.person_id}", detail={"state": state})


def _agreed(unit: Unit, check: RealNameCheck, relation: Relation) -> None:
    person = relation.person
    document = documents.read(check.document_type, check.document_number, today=clock.today())
    if check.phone and (relation.kind == RelationKind.SELF or not person.phone):
        set_phone(unit, person, check.phone)
    keep_verified(unit, person, document, check.name)
    if relation.state == RelationState.PENDING:
        relation.state, relation.refusal = RelationState.ACTIVE, ""
        relation.save(update_fields=["state", "refusal"])


def keep_verified(unit: Unit, person: Person, document: documents.Document, name: str) -> None:
    """Name and document are this person's, so somebody who knows said: keep both, inside an open unit."""
    _keep_document(unit, person, document, name)
    if not documents.same_name(person.name, name) or person.standing != Standing.VERIFIED:
        set_name(unit, person, name)
    if person.standing != Standing.DECEASED:
        person.standing, person.verified_at = Standing.VERIFIED, unit.now
    person.updated_at = unit.now
    person.save()


def _keep_document(unit: Unit, person: Person, document: documents.Document, name: str) -> None:
    """A newborn's own number replaces the birth certificate; a changed name is a new row of the same document."""
    lock_document(document.kind, blind.index("person.document", document.key))
    known = person.identifiers.filter(is_primary=True, retired_at__isnull=True).first()
    if known is not None and (known.kind, known.number) == (document.kind, document.number):
        if not documents.same_name(known.name, name) and person.standing == Standing.VERIFIED:
            Identifier.objects.filter(pk=known.pk).update(retired_at=unit.now, is_primary=False)
            add_identifier(unit, person, document, name, country=known.country)
        elif known.name != name:
            known.name = name
            known.save(update_fields=["name"])
        return
    person.identifiers.filter(kind=documents.DocumentKind.BIRTH_CERTIFICATE).update(
        retired_at=unit.now, is_primary=False
    )
    add_identifier(unit, person, document, name)


def _refused(relation: Relation, state: CheckState) -> None:
    """A claim that failed is refused; a relation that stood before (a newborn's) stands."""
    if relation.state == RelationState.PENDING:
        relation.state, relation.refusal = RelationState.REFUSED, state
        relation.save(update_fields=["state", "refusal"])
