"""Whether somebody who says that he has come may be taken at his word, by the hospital's rules (ADR 1071)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hub import clock
from hub.errors import InvalidInput
from hub.tenancy.scope import hospital
from regional_services.booking.errors import NotHere
from regional_services.catalog import distance
from tenants.queueing import selectors as queues
from tenants.queueing.rules import Rules, Way
from tenants.registry import selectors as registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a phone believes to be: degrees, and within how many metres it is sure. Never stored."""

    latitude: float
    longitude: float
    accuracy: float

    def __post_init__(self) -> None:
        """Only a place on earth."""
        figures = (self.latitude, self.longitude, self.accuracy)
        on_earth = abs(self.latitude) <= 90 and abs(self.longitude) <= 180 and self.accuracy >= 0
        if not (all(map(math.isfinite, figures)) and on_earth):
            raise InvalidInput("没有取得有效的位置，请重新定位。")


def rules_of(code: str) -> Rules:
    """The queue rules of a hospital as they hold now. One read scope, one query."""
    with hospital(code, read_only=True):
        return queues.current_rules(clock.now())


def require_here(code: str, position: Position | None) -> str:
    """How it was believed (`tap`, `place`); NotHere with the reason in words where it can't be."""
    rules = rules_of(code)
    if Way.TAP in rules.ways:
        return Way.TAP.value
    if Way.PLACE not in rules.ways:
        raise NotHere("本院不开放手机签到，请到前台报到。")
    if position is None:
        raise NotHere("本院签到需要核实位置，请允许定位后再签到，或到前台报到。")
    if why_not := _why_not(position, _away(code, position), rules.place_metres):
        raise NotHere(why_not)
    return Way.PLACE.value


def _away(code: str, position: Position) -> int:
    """Metres to the nearest of the hospital's places."""
    institution = registry.institution(code)
    places = [(institution.latitude, institution.longitude)]
    places += [(campus.latitude, campus.longitude) for campus in institution.campuses]
    return min(distance.metres(position.latitude, position.longitude, *place) for place in places)


def _why_not(position: Position, away: int, limit: int) -> str:
    """Empty where he is surely near enough: a phone that is less sure than the limit proves nothing either way."""
    error = round(position.accuracy)
    if away - error > limit:
        return f"您距医院{_words(away)}（定位误差约{_words(error)}），到院后再签到。医院允许的距离是{_words(limit)}。"
    if away > limit or error > limit:
        return f"定位误差约{_words(error)}，不能确认您已到院。请走到窗边或室外再试一次，或到前台报到。"
    return ""


def _words(metres: int) -> str:
    return f"{metres}米" if metres < 1000 else f"{metres / 1000:.1f}公里"
