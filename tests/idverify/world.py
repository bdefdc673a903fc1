"""Residents with fictional cards, and applications at every stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID, uuid4

import pytest

from hub.accounts import steps as accounts
from hub.actor import Actor, ActorKind, system_actor
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.idverify import reviewing, services
from regional_services.idverify.models import Photo, PhotoState
from sandbox import idcards
from sandbox.idcards import Card, Shot
from tests.identity.residents import id_number

SETUP = system_actor("布置")
BORN = date(1990, 1, 1)
CONSENTS = services.CONSENTS
needs_font = pytest.mark.skipif(not idcards.has_font(), reason="no Chinese font on this machine")


@dataclass(frozen=True)
class Applicant:
    """A resident without a checked name, and his card."""

    actor: Actor
    card: Card

    @property
    def fields(self) -> dict[str, str]:
        """What he would confirm."""
        return {
            "name": self.card.name,
            "number": self.card.number,
            "ethnicity": self.card.ethnicity,
            "address": self.card.address,
            "authority": self.card.authority,
            "valid_from": "2020-03-02",
            "valid_until": "2040-03-02",
        }


def applicant(name: str = "欧阳小明", born: date = BORN) -> Applicant:
    """A new account."""
    with work(REGION, actor=SETUP) as unit:
        account = accounts.create_resident(unit, display_name="居民")
    actor = Actor(kind=ActorKind.RESIDENT, id=UUID(str(account.id)), name="居民")
    return Applicant(actor, card_of(name, born))


def card_of(name: str, born: date = BORN) -> Card:
    """A fictional card with a number of its own."""
    return Card(
        name=name,
        sex="男",
        ethnicity="汉",
        birth=(born.year, born.month, born.day),
        address="云栖市云栖区梧桐路128弄6号1203室",
        number=id_number(born),
    )


def reviewer(name: str = "审核员甲") -> Actor:
    """Somebody who may review."""
    return Actor(
        kind=ActorKind.STAFF, id=uuid4(), name=name, role=Role.REVIEWER, permissions=permissions_of([Role.REVIEWER])
    )


@lru_cache(maxsize=2)
def plain_picture(side: str = "front") -> bytes:
    """A picture nobody reads in the test at hand."""
    card = Card(name="样本", sex="男", ethnicity="汉", birth=(1990, 1, 1), address="云栖", number="1" * 18)
    return idcards.photograph(idcards.front(card) if side == "front" else idcards.back(card), Shot())


def as_read(photo_id: UUID, fields: dict[str, str], *, state: PhotoState = PhotoState.READ, problem: str = "") -> None:
    """Store what the recogniser would have said, without running it."""
    with work(REGION, actor=SETUP) as unit:
        photo = Photo.objects.get(pk=photo_id)
        photo.state, photo.problem, photo.read_at = state, problem, unit.now
        photo.found = {name: [text, 0.99] for name, text in fields.items()}
        photo.save()
        unit.audit("test.read", target=f"photo:{photo_id}")


def photographed(who: Applicant) -> UUID:
    """A draft with both sides read."""
    application_id = services.begin(actor=who.actor, consents=CONSENTS)
    for side, names in (
        ("front", ("name", "number", "ethnicity", "address")),
        ("back", ("authority", "valid_from", "valid_until")),
    ):
        photo_id = services.add_photo(
            actor=who.actor, application_id=application_id, side=side, sent=plain_picture(side)
        )
        as_read(photo_id, {name: who.fields[name] for name in names})
    return application_id


def submitted(who: Applicant | None = None) -> UUID:
    """A pending application."""
    who = who or applicant()
    application_id = photographed(who)
    services.submit(actor=who.actor, application_id=application_id, given={})
    return application_id


def rejected(who: Applicant, by: Actor) -> UUID:
    """An application refused as unclear."""
    application_id = submitted(who)
    reviewing.take(actor=by, application_id=application_id)
    reviewing.reject(actor=by, application_id=application_id, reason="unclear", note="反光遮住了姓名")
    return application_id


def photos_of(application_id: UUID) -> list[Photo]:
    """All its photographs."""
    with region(read_only=True):
        return list(Photo.objects.filter(application_id=application_id).order_by("taken_at"))
