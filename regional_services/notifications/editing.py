"""Staff word messages: look, publish the next version, go back to an earlier one. Versions are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet

from hub.actor import Actor
from hub.errors import Conflict, InvalidInput, NotFound
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.notifications import wording, wordings
from regional_services.notifications.access import own_hospital
from regional_services.notifications.catalogue import (
    KINDS,
    Audience,
    Channel,
    Kind,
    Language,
    examples_of,
)
from regional_services.notifications.models import DistrictWording, HospitalWording
from regional_services.notifications.models.wordings import WordingVersion
from regional_services.notifications.permissions import EDIT, VIEW, WORD
from regional_services.notifications.wording import Said, Wording


class PublishedMeanwhile(Conflict):
    """Somebody else published the same version."""

    code = "notifications.published_meanwhile"
    text = "您编辑期间已有人发布了新版本。请查看现行版本后再发布。"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One published version, for its history."""

    number: int
    content: Wording
    withdrawn: bool
    restored_from: int | None
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingView:
    """What is in force at one place, channel and language: `own` is the place's newest version (0: none)."""

    kind: Kind
    channel: Channel
    language: Language
    own: int
    in_force: Wording | None
    is_own: bool
    history: list[VersionView]


def place_of(actor: Actor, kind: Kind) -> str:
    """The hospital whose words the actor writes, or DISTRICT; InvalidInput for a kind a hospital may not word."""
    if actor.institution is None:
        require(actor, EDIT)
        return wordings.DISTRICT
    code = own_hospital(actor, WORD)
    if not kind.hospital_may:
        raise InvalidInput(fields={"kind": "这类消息全区统一，医院不能另写。"})
    return code


def kinds_for(actor: Actor) -> list[Kind]:
    """The kinds a member of staff may word."""
    require(actor, VIEW)
    shown = (kind for kind in KINDS.values() if actor.institution is None or kind.hospital_may)
    return [kind for kind in shown if kind.audience is Audience.RESIDENT]


def channels_of(kind: Kind) -> tuple[Channel, ...]:
    """Where a kind is worded: in the app, and outside."""
    return (Channel.IN_SITE, *kind.channels)


def read_place(kind: str, channel: str, language: str) -> tuple[Kind, Channel, Language]:
    """What an address names; NotFound where there is no such thing."""
    known = KINDS.get(kind)
    if known is None or channel not in channels_of(known) or language not in Language.values:
        raise NotFound
    return known, Channel(channel), Language(language)


def overview(actor: Actor) -> dict[tuple[str, str], int]:
    """(kind, channel) -> how many versions the actor's own place published in Chinese. One query."""
    place = actor.institution or wordings.DISTRICT
    with region(read_only=True):
        rows = _rows(place).filter(language=Language.ZH).order_by("version")
        return {(row.kind, row.channel): 0 if row.withdrawn else row.version for row in rows}


def view(actor: Actor, kind: Kind, channel: Channel, language: Language) -> WordingView:
    """One wording with its history, newest first; NotFound for one a hospital can't have. Two queries."""
    require(actor, VIEW)
    if actor.institution and not kind.hospital_may:
        raise NotFound
    place = actor.institution or wordings.DISTRICT
    key = {"kind": kind.name, "channel": channel, "language": language}
    with region(read_only=True):
        own = list(_rows(place).filter(**key).order_by("-version"))
        rows = (
            own if place == wordings.DISTRICT else [*own, *_rows(wordings.DISTRICT).filter(**key).order_by("-version")]
        )
    stands = bool(own) and not own[0].withdrawn
    found = wordings.known(rows).find(kind, channel, language, place)
    return WordingView(
        kind=kind,
        channel=channel,
        language=language,
        own=own[0].version if own else 0,
        in_force=found.wording if found and found.language is language else None,
        is_own=stands,
        history=[_version(row) for row in own],
    )


def preview(kind: Kind, language: Language, content: Wording) -> tuple[Said, Said]:
    """What residents would read, open and discreet, with the examples of the catalogue."""
    facts = examples_of(kind)
    shown = (wording.fill(content, kind, facts, language=language, discreet=discreet) for discreet in (False, True))
    opened, discreet = shown
    return opened, discreet


def publish(*, actor: Actor, kind: str, channel: str, language: str, values: Mapping[str, str], base: int) -> int:
    """Publish the next version, written on top of version `base`; its number. InvalidInput names the fields."""
    named = read_place(kind, channel, language)
    place = place_of(actor, named[0])
    return _add(actor, place, named, base, content=wording.read(named[0], named[1], values).to_json())


def roll_back(*, actor: Actor, kind: str, channel: str, language: str, version: int, base: int) -> int:
    """Publish an earlier version's words again; version 0 withdraws, so that what stood before any version stands."""
    named = read_place(kind, channel, language)
    place = place_of(actor, named[0])
    if version < 0:
        raise InvalidInput(fields={"version": "请选择要恢复的版本。"})
    if version == 0:
        return _add(actor, place, named, base, content={}, withdrawn=True)
    key = {"kind": named[0].name, "channel": named[1], "language": named[2], "version": version}
    with region(read_only=True):
        earlier = _rows(place).filter(**key, withdrawn=False).first()
    if earlier is None:
        raise NotFound
    return _add(actor, place, named, base, content=earlier.content, restored_from=version)


def _add(
    actor: Actor, place: str, named: tuple[Kind, Channel, Language], base: int, *, content: dict[str, Any], **more: Any
) -> int:
    kind, channel, language = named
    key = {"kind": kind.name, "channel": channel, "language": language}
    own = {"institution_code": place} if place else {}
    try:
        with work(REGION, actor=actor) as unit:
            newest = _rows(place).filter(**key).order_by("-version").first()
            if (newest.version if newest else 0) != base:
                raise PublishedMeanwhile
            row = {**own, **key, **more, "version": base + 1, "content": content}
            row |= {"published_by_name": actor.name[:60], "published_at": unit.now}
            (HospitalWording if place else DistrictWording).objects.create(**row)
            unit.audit(
                "notifications.worded",
                target=f"wording:{kind.name}:{channel}:{language}",
                detail={"place": place, "version": base + 1, **more},
                before=newest.content if newest else {},
                after=content,
            )
    except IntegrityError as problem:
        raise PublishedMeanwhile from problem
    wordings.forget()
    return base + 1


def _rows(place: str) -> QuerySet[Any]:
    return HospitalWording.objects.filter(institution_code=place) if place else DistrictWording.objects.all()


def _version(row: WordingVersion) -> VersionView:
    return VersionView(
        number=row.version,
        content=Wording.from_json(row.content),
        withdrawn=row.withdrawn,
        restored_from=row.restored_from,
        by_name=row.published_by_name,
        at=row.published_at,
    )
