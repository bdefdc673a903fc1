"""The rules of a hospital's queues as data: each set holds from an instant on, until a newer one does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self


class Priority(StrEnum):
    """Why somebody may go before his booked time."""

    NONE = ""
    EMERGENCY = "emergency"
    ELDER_80 = "elder_80"
    ELDER_65 = "elder_65"
    SOLDIER = "soldier"
    DISABLED = "disabled"
    PREGNANT = "pregnant"

    @property
    def text(self) -> str:
        """What staff and the person read."""
        return _TEXTS[self]


class Caller(StrEnum):
    """Who calls people in: the hub's own pages, or the hospital's own system, whose word the hub follows."""

    HUB = "hub"
    HOSPITAL = "hospital"

    @property
    def text(self) -> str:
        """What staff read."""
        return "用平台叫号" if self is Caller.HUB else "用院内叫号系统"


class Way(StrEnum):
    """How somebody may say that he is there. The desk always can; automatic presence is a rule of its own."""

    TAP = "tap"
    PLACE = "place"
    KIOSK = "kiosk"

    @property
    def text(self) -> str:
        """What staff and residents read."""
        return _WAYS[self]


_WAYS = {Way.TAP: "手机上点击签到（不核实位置）", Way.PLACE: "手机定位签到", Way.KIOSK: "院内签到机"}
_TEXTS = {
    Priority.NONE: "普通",
    Priority.EMERGENCY: "急症优先",
    Priority.ELDER_80: "80岁以上",
    Priority.ELDER_65: "65岁以上",
    Priority.SOLDIER: "军人优先",
    Priority.DISABLED: "残疾人优先",
    Priority.PREGNANT: "孕产妇优先",
}
_ADVANCE = {
    Priority.ELDER_80: 40,
    Priority.ELDER_65: 20,
    Priority.SOLDIER: 30,
    Priority.DISABLED: 30,
    Priority.PREGNANT: 20,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One set of rules. Minutes, seconds and places as the names say.

    `advance` is by how many minutes each priority goes before its booked time: nobody is overtaken by more people than
    are booked within that time, so that nobody starves. Emergencies go first, at most `emergency_run` in a row.
    `place_metres` is how far from the hospital's door somebody may check in by his position.
    """

    caller: Caller = Caller.HUB
    ways: tuple[Way, ...] = (Way.TAP,)
    place_metres: int = 500
    auto_present: bool = False
    opens_minutes: int = 60
    late_minutes: int = 10
    late_places: int = 3
    missed_places: int = 3
    return_places: int = 2
    emergency_run: int = 3
    answer_seconds: int = 90
    remind_by_clock: bool = True
    near_ahead: int = 3
    advance: Mapping[Priority, int] = field(default_factory=lambda: dict(_ADVANCE))

    @property
    def answer_time(self) -> timedelta:
        """How long a call is given before it counts as unanswered."""
        return timedelta(seconds=self.answer_seconds)

    @property
    def late_after(self) -> timedelta:
        """How long after the end of his booked time somebody who is not there keeps his place."""
        return timedelta(minutes=self.late_minutes)

    def advance_of(self, priority: Priority) -> timedelta:
        """By how much this priority goes before its booked time."""
        return timedelta(minutes=self.advance.get(priority, 0))

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        data = asdict(self)
        data["ways"] = [str(way) for way in self.ways]
        data["caller"] = str(self.caller)
        data["advance"] = {str(kind): minutes for kind, minutes in self.advance.items()}
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A stored set; what an older set does not know takes its default."""
        known = {row.name for row in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        if "caller" in values:
            values["caller"] = Caller(values["caller"])
        if "ways" in values:
            values["ways"] = tuple(Way(way) for way in values["ways"])
        if "advance" in values:
            values["advance"] = {Priority(kind): int(minutes) for kind, minutes in values["advance"].items()}
        return cls(**values)
