"""The rules of a hospital's queues as data: each set holds from an instant on, until a newer one does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from hub.errors import InvalidInput


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
    """One set of rules. Minutes, seconds, metres and places as the names say.

    `advance` is by how many minutes each priority goes before its booked time: nobody is overtaken by more people than
    are booked within that time, so that nobody starves. Emergencies go first, at most `emergency_run` in a row.
    """

    auto_present: bool = False
    by_place: bool = True
    by_code: bool = True
    opens_minutes: int = 60
    fence_metres: int = 300
    centre: tuple[float, float] | None = None
    late_minutes: int = 10
    late_places: int = 3
    missed_places: int = 3
    missed_limit: int = 3
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
        data["advance"] = {str(kind): minutes for kind, minutes in self.advance.items()}
        data["centre"] = list(self.centre) if self.centre else None
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A stored set; what an older set does not know takes its default."""
        known = {row.name for row in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        if "advance" in values:
            values["advance"] = {Priority(kind): int(minutes) for kind, minutes in values["advance"].items()}
        if values.get("centre"):
            latitude, longitude = values["centre"]
            values["centre"] = (float(latitude), float(longitude))
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One number staff may change, with its range."""

    name: str
    text: str
    unit: str
    low: int
    high: int


SETTINGS = (
    Setting(name="opens_minutes", text="开放签到（就诊前）", unit="分钟", low=10, high=600),
    Setting(name="fence_metres", text="到院签到范围", unit="米", low=50, high=3000),
    Setting(name="late_minutes", text="迟到宽限（时段结束后）", unit="分钟", low=0, high=120),
    Setting(name="late_places", text="迟到者排后", unit="位", low=0, high=20),
    Setting(name="missed_places", text="叫号未到者排后", unit="位", low=0, high=20),
    Setting(name="missed_limit", text="自助重新排队上限", unit="次", low=0, high=9),
    Setting(name="return_places", text="检查返回者等待", unit="位", low=0, high=10),
    Setting(name="emergency_run", text="急症连续优先上限", unit="位", low=1, high=20),
    Setting(name="answer_seconds", text="叫号后等待", unit="秒", low=20, high=600),
    Setting(name="near_ahead", text="提醒：前面还有", unit="位", low=1, high=20),
)
CHOICES = (
    ("auto_present", "到时自动视为已到院（不要求签到）"),
    ("by_place", "允许手机定位签到"),
    ("by_code", "允许扫诊区二维码、自助机签到"),
    ("remind_by_clock", "叫号无人应答时自动提醒"),
)
LONGEST_ADVANCE = 120


def read(values: Mapping[str, str]) -> Rules:
    """The rules a form carries; InvalidInput names each number that is not in its range."""
    problems: dict[str, str] = {}
    given: dict[str, Any] = {name: name in values for name, _ in CHOICES}
    for one in SETTINGS:
        given[one.name] = _number(values, one.name, one.text, one.low, one.high, problems)
    given["advance"] = {
        kind: _number(values, f"advance_{kind}", f"{kind.text}提前", 0, LONGEST_ADVANCE, problems) for kind in _ADVANCE
    }
    given["centre"] = _centre(values, problems)
    if problems:
        raise InvalidInput(fields=problems)
    return Rules(**given)


def _number(
    values: Mapping[str, str], name: str, text: str, low: int, high: int, problems: dict[str, str]
) -> int:
    raw = values.get(name, "").strip()
    if raw.isascii() and raw.isdigit() and low <= int(raw) <= high:
        return int(raw)
    problems[name] = f"{text}应为 {low} 到 {high} 之间的整数。"
    return low


def _centre(values: Mapping[str, str], problems: dict[str, str]) -> tuple[float, float] | None:
    latitude, longitude = values.get("latitude", "").strip(), values.get("longitude", "").strip()
    if not latitude and not longitude:
        return None
    try:
        point = (float(latitude), float(longitude))
    except ValueError:
        point = (999.0, 999.0)
    if not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180):
        problems["latitude"] = "签到中心点应为纬度、经度两个数，或都不填（用院区地址）。"
    return point
