"""The only way a person reaches a view or a booking: by a relation of the actor's account, for a stated purpose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from hub import clock
from hub.accounts import reach
from hub.accounts.errors import IdentityDue
from hub.accounts.permissions import OPEN_RECORDS
from hub.actor import Actor, ActorKind
from hub.errors import NotFound
from hub.tenancy.statements import Join
from regional_services.identity import ages
from regional_services.identity.consents import MINOR_SENSITIVE_CARE
from regional_services.identity.errors import (
    MinorConsentNeeded,
    PersonDeceased,
    ProxyExpired,
    RealNameNeeded,
    RelationExpired,
)
from regional_services.identity.models import Identifier, Person, Relation, RelationKind, RelationState, Standing
from regional_services.identity.purposes import BOOKING, RECORDS
from regional_services.identity.selectors import IdentityCard, card_of, findable, has_consent

_ACTED_FOR = """
identity_relation.account_id = %(account)s AND identity_relation.person_id = %(person)s
AND identity_relation.state IN ('active', 'pending') AND identity_person.id = identity_relation.person_id
"""
_PERSON = Join((Relation, Person), _ACTED_FOR)
# With the document, and for the holder of the account himself, if he gave no phone, the one he signs in with.
_CARD = Join(
    (Relation, Person, Identifier),
    _ACTED_FOR,
    "AND identity_identifier.person_id = identity_person.id",
    "AND identity_identifier.is_primary AND identity_identifier.retired_at IS NULL",
    perhaps=reach.phone_beside(
        "user_id = identity_relation.account_id AND identity_relation.kind = 'self'"
        " AND identity_person.phone_index IS NULL"
    ),
)
# A 14 to 17 year old's own consent is asked for care under these labels (practice 5).
_MINOR_LABELS = frozenset({"psychiatric", "reproductive"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRef:
    """A person the actor may act for."""

    person_id: UUID
    relation_id: UUID
    account_id: UUID
    relation: str
    birth_date: date
    is_minor: bool


def patient_for(actor: Actor, person_id: UUID, purpose: str, *, sensitivity: str = "") -> PersonRef:
    """The person, if the actor's account acts for him and `purpose` is in the relation's scope; NotFound otherwise.

    For booking the name must be checked (a newborn's temporary identity will do), a child's relation must not have
    ended with full age, and a 14 to 17 year old must have agreed to care under a sensitive label. Inside a region
    scope; one query, two for such a label.
    """
    relation, person = _acted_for(actor, person_id, _PERSON)
    _permit(actor, relation, person, purpose, sensitivity)
    return _ref(relation, person)


def card_for(actor: Actor, person_id: UUID, purpose: str, *, sensitivity: str = "") -> tuple[PersonRef, IdentityCard]:
    """Like `patient_for`, with the card a hospital is given.

    No query more for an adult, two for a minor; one or two more for somebody else than the account's holder who gave
    no phone.
    """
    relation, person, document, handle = _acted_for(actor, person_id, _CARD)
    _permit(actor, relation, person, purpose, sensitivity)
    card = card_of(person, document, account_id=relation.account_id)
    if relation.kind != RelationKind.SELF:
        card = findable(card)
    elif handle is not None:
        card = replace(card, sign_in_phone=handle.subject)
    return _ref(relation, person), card


def _permit(actor: Actor, relation: Relation, person: Person, purpose: str, sensitivity: str) -> None:
    if purpose not in relation.scope:
        raise NotFound
    if purpose == RECORDS and not actor.may(OPEN_RECORDS):
        raise IdentityDue
    today = clock.today()
    if relation.expires_on is not None and relation.expires_on <= today:
        raise RelationExpired if relation.kind == RelationKind.CHILD else ProxyExpired
    if purpose == BOOKING:
        _may_book(person)
        group = ages.group_on(person.birth_date, today)
        if _needs_own_consent(relation, group, sensitivity) and not has_consent(person.id, MINOR_SENSITIVE_CARE):
            raise MinorConsentNeeded


def _ref(relation: Relation, person: Person) -> PersonRef:
    born = person.birth_date
    return PersonRef(
        person_id=person.id,
        relation_id=relation.id,
        account_id=relation.account_id,
        relation=relation.kind,
        birth_date=born,
        is_minor=ages.group_on(born, clock.today()) is not ages.AgeGroup.ADULT,
    )


def account(actor: Actor) -> UUID:
    """The resident's account; NotFound for everybody else."""
    if actor.kind is not ActorKind.RESIDENT or actor.id is None:
        raise NotFound
    return actor.id


def may_see_sensitive(actor: Actor, person_id: UUID) -> bool:
    """Whether labelled visits, messages and documents are shown: to the person himself, and to a child's guardian."""
    relation, person = _acted_for(actor, person_id, _PERSON)
    if relation.kind == RelationKind.SELF:
        return True
    group = ages.group_on(person.birth_date, clock.today())
    return relation.kind == RelationKind.CHILD and group is ages.AgeGroup.CHILD


def _acted_for(actor: Actor, person_id: UUID, reading: Join) -> tuple[Any, ...]:
    """The relation, the person and what else `reading` gives; one query."""
    found = reading.first(account=account(actor), person=person_id)
    if found is None:
        raise NotFound
    # A claim that the city has not confirmed opens nothing of a person who may belong to somebody else.
    if found[0].state == RelationState.PENDING:
        raise RealNameNeeded
    return found


def _may_book(person: Person) -> None:
    if person.standing == Standing.DECEASED:
        raise PersonDeceased
    if person.standing not in (Standing.VERIFIED, Standing.TEMPORARY):
        raise RealNameNeeded


def _needs_own_consent(relation: Relation, group: ages.AgeGroup, sensitivity: str) -> bool:
    return sensitivity in _MINOR_LABELS and group is ages.AgeGroup.ADOLESCENT and relation.kind != RelationKind.SELF
