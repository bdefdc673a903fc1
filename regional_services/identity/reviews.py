"""A person looked at the card instead of the city: the account's holder is verified on that (JA-IDV-08)."""

from __future__ import annotations

from uuid import UUID

from hub import ids
from hub.security import blind
from hub.work import Unit
from regional_services.identity import documents, purposes
from regional_services.identity.errors import AlreadyAdded, DocumentElsewhere, PersonDeceased
from regional_services.identity.locks import lock_account, lock_document
from regional_services.identity.models import Person, Relation, RelationKind, RelationState, Standing
from regional_services.identity.steps import NewPerson, check_form, person_of, record_consents
from regional_services.identity.verdicts import keep_verified

EVIDENCE = "manual_review"


def confirm_self(unit: Unit, *, account_id: UUID, form: NewPerson) -> UUID:
    """Make the person of `form` the verified holder of the account, inside an open region unit; the person's id.

    DocumentElsewhere when the document is known under another name (two records are joined at a desk); AlreadyAdded
    when the account has a verified holder who is somebody else; PersonDeceased.
    """
    claim = check_form(form)
    lock_account(account_id)
    lock_document(claim.document.kind, blind.index("person.document", claim.document.key))
    person = person_of(unit, claim)
    _check(person, claim.name)
    relation = _relation(unit, account_id, person)
    keep_verified(unit, person, claim.document, claim.name)
    record_consents(
        unit,
        person_id=person.id,
        account_id=account_id,
        relation=relation.kind,
        purposes=form.consents,
        channel=form.channel,
        given=True,
    )
    unit.audit("identity.confirmed_by_review", target=f"person:{person.id}")
    return UUID(str(person.id))


def _check(person: Person, name: str) -> None:
    if person.standing == Standing.DECEASED:
        raise PersonDeceased
    if person.standing == Standing.VERIFIED and not documents.same_name(person.name, name):
        raise DocumentElsewhere


def _relation(unit: Unit, account_id: UUID, person: Person) -> Relation:
    """The relation of the holder to himself: the one that waits or was refused is ended or goes on as this one."""
    own = Relation.objects.select_for_update().filter(account_id=account_id, kind=RelationKind.SELF)
    standing = own.filter(state__in=(RelationState.PENDING, RelationState.ACTIVE)).first()
    if standing is not None and standing.person_id == person.id:
        standing.state, standing.refusal, standing.evidence = RelationState.ACTIVE, "", EVIDENCE
        standing.save(update_fields=["state", "refusal", "evidence"])
        return standing
    if standing is not None and standing.state == RelationState.ACTIVE:
        raise AlreadyAdded("该账号已有其他已实名的本人。")
    own.filter(state__in=(RelationState.PENDING, RelationState.REFUSED)).update(
        state=RelationState.ENDED, ended_at=unit.now, is_default=False
    )
    return Relation.objects.create(
        id=ids.uuid7(),
        account_id=account_id,
        person=person,
        kind=RelationKind.SELF,
        scope=list(purposes.ALL),
        evidence=EVIDENCE,
        state=RelationState.ACTIVE,
        is_default=True,
        created_at=unit.now,
    )
