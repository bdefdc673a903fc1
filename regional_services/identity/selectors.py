"""Reads of persons. Everything returned is a value; nothing lazy leaves the scope."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from hub import clock
from hub.accounts import reach
from hub.accounts.models import HandleKind
from hub.errors import NotFound
from hub.security import blind
from regional_services.identity import ages
from regional_services.identity.consents import TEXTS, ConsentText
from regional_services.identity.documents import DocumentKind
from regional_services.identity.models import (
    Consent,
    Identifier,
    Person,
    RealNameCheck,
    Relation,
    RelationKind,
    RelationState,
    Standing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianCard:
    """Who answers for a minor."""

    person_id: UUID
    name: str
    document_type: str
    document_number: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCard:
    """A person as a hospital must know him: in clear, for services only, never for a page."""

    person_id: UUID
    name: str
    document_type: str
    document_number: str
    phone: str
    sex: str
    birth_date: date
    standing: str
    is_minor: bool
    guardian: GuardianCard | None = None
    sign_in_phone: str = ""
    """Where the person gave no phone: the one his own account signs in with, so that desks find him by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person an account acts for, as the family page lists it (values in clear: the page masks them)."""

    person_id: UUID
    relation_id: UUID
    kind: str
    kind_text: str
    state: str
    state_text: str
    refusal: str
    name: str
    document_type: str
    document_number: str
    phone: str
    sex: str
    birth_date: date
    standing: str
    standing_text: str
    is_default: bool
    expires_on: date | None
    needs_own_consent: bool
    valid_until: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day this account may act for him; the day after, it may no longer."""
        return self.expires_on - timedelta(days=1) if self.expires_on else None

    @property
    def document_over(self) -> bool:
        """Whether the document has run out."""
        return self.valid_until is not None and self.valid_until < clock.today()


def identity_of(person_id: UUID, *, account_id: UUID | None = None) -> IdentityCard:
    """The person's card; a minor's guardian is the self of `account_id`, if it has one. Person.DoesNotExist if absent.

    Two queries for an adult, four for a minor.
    """
    person = Person.objects.get(pk=person_id)
    document = person.identifiers.get(is_primary=True, retired_at__isnull=True)
    return card_of(person, document, account_id=account_id)


def card_of(person: Person, document: Identifier, *, account_id: UUID | None = None) -> IdentityCard:
    """The card of a person and his primary document already read: no query for an adult, two for a minor."""
    is_minor = ages.group_on(person.birth_date, clock.today()) is not ages.AgeGroup.ADULT
    return IdentityCard(
        person_id=person.id,
        name=person.name,
        document_type=document.kind,
        document_number=document.number,
        phone=person.phone,
        sex=person.sex,
        birth_date=person.birth_date,
        standing=person.standing,
        is_minor=is_minor,
        guardian=_guardian(account_id, person.id) if is_minor and account_id else None,
    )


def findable(card: IdentityCard) -> IdentityCard:
    """The card with the phone of the person's own account, where he gave none himself.

    No query where he gave one, else one or two.
    """
    account_id = own_account(card.person_id) if not card.phone else None
    phone = reach.subject_of(account_id, HandleKind.PHONE) if account_id else None
    return replace(card, sign_in_phone=phone) if phone else card


def cards_of(person_ids: list[UUID]) -> dict[UUID, IdentityCard]:
    """The cards of many people, by person, without guardians. Two queries."""
    people = Person.objects.filter(pk__in=person_ids).prefetch_related(
        Prefetch(
            "identifiers",
            queryset=Identifier.objects.filter(is_primary=True, retired_at__isnull=True),
            to_attr="in_force",
        )
    )
    return {person.id: card_of(person, person.in_force[0]) for person in people if person.in_force}


def own_account(person_id: UUID) -> UUID | None:
    """The account of the person himself, if he has one. One query."""
    return (
        Relation.objects.filter(person_id=person_id, kind=RelationKind.SELF, state=RelationState.ACTIVE)
        .values_list("account_id", flat=True)
        .first()
    )


def has_verified_self(account_id: UUID) -> bool:
    """Whether the account's holder has a checked name. One query."""
    return Relation.objects.filter(
        account_id=account_id,
        kind=RelationKind.SELF,
        state=RelationState.ACTIVE,
        person__standing=Standing.VERIFIED,
    ).exists()


def is_of_another_account(number: str, *, account_id: UUID) -> bool:
    """Whether a resident's number is already the holder's of another account: who reviews should know. One query."""
    return (
        Relation.objects.filter(
            kind=RelationKind.SELF,
            state=RelationState.ACTIVE,
            person__identifiers__kind=DocumentKind.RESIDENT_ID,
            person__identifiers__number_index__in=blind.candidates("person.document", number),
            person__identifiers__retired_at__isnull=True,
        )
        .exclude(account_id=account_id)
        .exists()
    )


def people_of(account_id: UUID) -> list[Member]:
    """Everybody the account acts for, asked for or was refused; ended relations are left out. Three queries."""
    relations = _relations(account_id).exclude(state=RelationState.ENDED).order_by("-is_default", "created_at")
    return [_member(relation) for relation in relations]


def member(account_id: UUID, person_id: UUID) -> Member:
    """One of them; NotFound for anybody else's person. Three queries."""
    relation = _relations(account_id).filter(person_id=person_id).exclude(state=RelationState.ENDED).last()
    if relation is None:
        raise NotFound
    return _member(relation)


def has_consent(person_id: UUID, purpose: str) -> bool:
    """Whether the latest entry of the ledger for this purpose is a giving. One query."""
    latest = (
        Consent.objects.filter(person_id=person_id, purpose=purpose).order_by("-id").values_list("is_given").first()
    )
    return bool(latest and latest[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentState:
    """A consent text and whether it is agreed to now."""

    text: ConsentText
    is_given: bool
    recorded_at: datetime | None


def consents_of(person_id: UUID) -> list[ConsentState]:
    """Every purpose with its latest entry. One query."""
    latest = {row.purpose: row for row in Consent.objects.filter(person_id=person_id).order_by("id")}
    return [
        ConsentState(
            text=text,
            is_given=purpose in latest and latest[purpose].is_given,
            recorded_at=latest[purpose].recorded_at if purpose in latest else None,
        )
        for purpose, text in TEXTS.items()
    ]


def latest_check(account_id: UUID, person_id: UUID) -> RealNameCheck:
    """The latest question about a person of this account; NotFound if there is none. One query."""
    check = (
        RealNameCheck.objects.filter(relation__account_id=account_id, relation__person_id=person_id)
        .order_by("asked_at")
        .last()
    )
    if check is None:
        raise NotFound
    return check


def _guardian(account_id: UUID, minor: UUID) -> GuardianCard | None:
    relation = (
        Relation.objects.filter(account_id=account_id, kind=RelationKind.SELF, state=RelationState.ACTIVE)
        .exclude(person_id=minor)
        .select_related("person")
        .first()
    )
    if relation is None:
        return None
    document = relation.person.identifiers.get(is_primary=True, retired_at__isnull=True)
    return GuardianCard(
        person_id=relation.person_id,
        name=relation.person.name,
        document_type=document.kind,
        document_number=document.number,
        phone=relation.person.phone,
    )


def _relations(account_id: UUID) -> QuerySet[Relation]:
    return (
        Relation.objects.filter(account_id=account_id)
        .select_related("person")
        .prefetch_related("person__identifiers", "checks")
        .order_by("created_at")
    )


def _member(relation: Relation) -> Member:
    person = relation.person
    confirmed = relation.state == RelationState.ACTIVE
    if confirmed:
        kept = next(d for d in person.identifiers.all() if d.is_primary and d.retired_at is None)
        name, kind, number, phone = person.name, kept.kind, kept.number, person.phone
        valid_until = kept.valid_until
    else:
        # Until the city agrees an account sees what it typed itself, never what the hub knows of that person.
        asked = max(relation.checks.all(), key=lambda check: check.asked_at)
        name, kind, number, phone = asked.name, asked.document_type, asked.document_number, ""
        valid_until = None
    group = ages.group_on(person.birth_date, clock.today())
    return Member(
        person_id=person.id,
        relation_id=relation.id,
        kind=relation.kind,
        kind_text=RelationKind(relation.kind).label,
        state=relation.state,
        state_text=RelationState(relation.state).label,
        refusal=relation.refusal,
        name=name,
        document_type=kind,
        document_number=number,
        phone=phone,
        sex=person.sex,
        birth_date=person.birth_date,
        standing=person.standing if confirmed else Standing.UNVERIFIED,
        standing_text=Standing(person.standing if confirmed else Standing.UNVERIFIED).label,
        is_default=relation.is_default,
        expires_on=relation.expires_on,
        valid_until=valid_until,
        needs_own_consent=group is ages.AgeGroup.ADOLESCENT and relation.kind != RelationKind.SELF,
    )
