"""Which wording is in force, or was at some instant: the hospital's own, else the district's, else the house's.

The newest versions are kept in the process for a few seconds; who reads an old message reads what stood then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from regional_services.notifications.catalogue import Channel, FactValue, Kind, Language, kind_of
from regional_services.notifications.models import DistrictWording, HospitalWording
from regional_services.notifications.models.wordings import WordingVersion
from regional_services.notifications.wording import Said, Wording, fill, house_wording

KEEP_SECONDS = 5.0
DISTRICT = ""
Key = tuple[str, str, str, str]  # institution or DISTRICT, kind, channel, language


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One published version."""

    number: int
    content: Wording
    withdrawn: bool
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A wording with the number of its version (0: the house's own)."""

    wording: Wording
    number: int
    language: Language


class Wordings:
    """Versions at hand, newest first."""

    def __init__(self, versions: Mapping[Key, list[Version]]) -> None:
        self._versions = versions

    def find(
        self, kind: Kind, channel: Channel, language: Language, institution: str, *, at: datetime | None = None
    ) -> InForce | None:
        """What is (or was) in force; Chinese where a language has nothing; None where a channel has nothing."""
        for spoken in (language, Language.ZH):
            for place in (institution, DISTRICT) if kind.hospital_may and institution else (DISTRICT,):
                found = self._newest((place, kind.name, channel, spoken), at)
                if found is not None and not found.withdrawn:
                    return InForce(wording=found.content, number=found.number, language=spoken)
            house = house_wording(kind, channel, spoken)
            if house is not None:
                return InForce(wording=house, number=0, language=spoken)
        return None

    def _newest(self, key: Key, at: datetime | None) -> Version | None:
        return next((one for one in self._versions.get(key, ()) if at is None or one.published_at <= at), None)


def in_force() -> Wordings:
    """The newest versions of everything; two queries every few seconds, inside an open scope."""
    global _kept
    with _guard:
        if _kept is None or time.monotonic() - _kept[0] > KEEP_SECONDS:
            newest = DistrictWording.objects.order_by("kind", "channel", "language", "-version")
            own = HospitalWording.objects.order_by("institution_code", "kind", "channel", "language", "-version")
            rows: list[WordingVersion] = [
                *newest.distinct("kind", "channel", "language"),
                *own.distinct("institution_code", "kind", "channel", "language"),
            ]
            _kept = (time.monotonic(), Wordings(_grouped(rows)))
        return _kept[1]


def forget() -> None:
    """Read anew at the next look: something was published here."""
    global _kept
    with _guard:
        _kept = None


def of_messages(kinds: Iterable[str]) -> Wordings:
    """Every version that words these kinds in the app. Two queries, inside an open scope."""
    wanted = {"kind__in": set(kinds), "channel": Channel.IN_SITE}
    rows: list[WordingVersion] = [
        *DistrictWording.objects.filter(**wanted).order_by("-version"),
        *HospitalWording.objects.filter(**wanted).order_by("-version"),
    ]
    return Wordings(_grouped(rows))


def known(rows: Iterable[WordingVersion]) -> Wordings:
    """These versions, newest of each first."""
    return Wordings(_grouped(rows))


def say(
    wordings: Wordings,
    kind: Kind,
    facts: Mapping[str, FactValue],
    *,
    institution: str,
    language: Language,
    discreet: bool,
    at: datetime,
) -> Said:
    """What a message says in the app, in the wording of its time."""
    found = wordings.find(kind, Channel.IN_SITE, language, institution, at=at)
    if found is None:  # the house words every kind in the app
        raise LookupError(kind.name)
    return fill(found.wording, kind, facts, language=found.language, discreet=discreet)


def ready(wordings: Wordings, kind_name: str, institution: str) -> frozenset[Channel]:
    """The channels this kind can go through: those with something to say."""
    kind = kind_of(kind_name)
    return frozenset(
        channel for channel in kind.channels if wordings.find(kind, channel, Language.ZH, institution) is not None
    )


def _grouped(rows: Iterable[WordingVersion]) -> dict[Key, list[Version]]:
    found: dict[Key, list[Version]] = {}
    for row in rows:
        place = row.institution_code if isinstance(row, HospitalWording) else DISTRICT
        version = Version(
            number=row.version,
            content=Wording.from_json(row.content),
            withdrawn=row.withdrawn,
            published_at=row.published_at,
        )
        found.setdefault((place, row.kind, row.channel, row.language), []).append(version)
    return found


_guard = threading.Lock()
_kept: tuple[float, Wordings] | None = None
