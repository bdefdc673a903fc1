"""Whether a phone is at the hospital, said honestly: a position has an accuracy, and an inaccurate one proves nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

EARTH_METRES = 6_371_008.8


class Verdict(StrEnum):
    """What a position proves."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What a phone says: degrees (WGS 84), and within how many metres that is right."""

    latitude: float
    longitude: float
    accuracy: float

    def is_plausible(self) -> bool:
        """Whether these can be a place on earth and an accuracy at all."""
        numbers = (self.latitude, self.longitude, self.accuracy)
        return all(map(math.isfinite, numbers)) and (
            -90 <= self.latitude <= 90 and -180 <= self.longitude <= 180 and self.accuracy >= 0
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and how many metres from the centre the phone says it is."""

    verdict: Verdict
    distance: float


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two points on the ground, in metres."""
    (lat1, lon1), (lat2, lon2) = (map(math.radians, point) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_METRES * math.asin(math.sqrt(min(1.0, half)))


def judge(position: Position, centres: list[tuple[float, float]], *, radius: float) -> Judgement:
    """Inside only if the phone is inside wherever within its accuracy it may be; outside likewise; else unsure."""
    distance = min(metres((position.latitude, position.longitude), centre) for centre in centres)
    if distance - position.accuracy > radius:
        return Judgement(Verdict.OUTSIDE, distance)
    return Judgement(Verdict.INSIDE if distance + position.accuracy <= radius else Verdict.UNSURE, distance)
