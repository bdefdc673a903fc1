"""The only way a person reaches a view or a booking: by a relation of the actor's account, for a stated purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub import clock
from hub.accounts.errors import IdentityDue
from hub.accounts.permissions import OPEN_RECORDS
from hub.actor import Actor, ActorKind
from hub.errors import NotFound
from regional_services.identity import ages
from regional_services.identity.consents import MINOR_SENSITIVE_CARE
from regional_services.identity.errors import MinorConsentNeeded, PersonDeceased, RealNameNeeded, RelationExpired
from regional_services.identity.models import Relation, RelationKind, RelationState, Standing
from regional_services.identity.purposes import BOOKING, RECORDS
from regional_services.identity.selectors import IdentityCard, card_of, has_consent

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
    return _ref(_permitted(actor, person_id, purpose, sensitivity))


def card_for(actor: Actor, person_id: UUID, purpose: str, *, sensitivity: str = "") -> tuple[PersonRef, IdentityCard]:
    """Like `patient_for`, with the card a hospital is given: one query more."""
    relation = _permitted(actor, person_id, purpose, sensitivity)
    return _ref(relation), card_of(relation.person, account_id=relation.account_id)


def _permitted(actor: Actor, person_id: UUID, purpose: str, sensitivity: str) -> Relation:
    relation = _relation(actor, person_id)
    if purpose not in relation.scope:
        raise NotFound
    if purpose == RECORDS and not actor.may(OPEN_RECORDS):
        raise IdentityDue
    today = clock.today()
    if relation.expires_on is not None and relation.expires_on <= today:
        raise RelationExpired
    group = ages.group_on(relation.person.birth_date, today)
    if purpose == BOOKING:
        _may_book(relation)
        if _needs_own_consent(relation, group, sensitivity) and not has_consent(person_id, MINOR_SENSITIVE_CARE):
            raise MinorConsentNeeded
    return relation


def _ref(relation: Relation) -> PersonRef:
    born = relation.person.birth_date
    return PersonRef(
        person_id=relation.person_id,
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
    relation = _relation(actor, person_id)
    if relation.kind == RelationKind.SELF:
        return True
    group = ages.group_on(relation.person.birth_date, clock.today())
    return relation.kind == RelationKind.CHILD and group is ages.AgeGroup.CHILD


def _relation(actor: Actor, person_id: UUID) -> Relation:
    try:
        relation = Relation.objects.select_related("person").get(
            account_id=account(actor), person_id=person_id, state__in=(RelationState.ACTIVE, RelationState.PENDING)
        )
    except Relation.DoesNotExist:
        raise NotFound from None
    # A claim that the city has not confirmed opens nothing of a person who may belong to somebody else.
    if relation.state == RelationState.PENDING:
        raise RealNameNeeded
    return relation


def _may_book(relation: Relation) -> None:
    if relation.person.standing == Standing.DECEASED:
        raise PersonDeceased
    if relation.person.standing not in (Standing.VERIFIED, Standing.TEMPORARY):
        raise RealNameNeeded


def _needs_own_consent(relation: Relation, group: ages.AgeGroup, sensitivity: str) -> bool:
    return sensitivity in _MINOR_LABELS and group is ages.AgeGroup.ADOLESCENT and relation.kind != RelationKind.SELF
