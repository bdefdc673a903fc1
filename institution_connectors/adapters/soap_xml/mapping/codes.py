"""The small code tables and number formats of the dialect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Final, TypeVar

from hub import clock, money
from institution_connectors.adapters.soap_xml.document import Node
from institution_connectors.adapters.soap_xml.errors import Incomplete, Unreadable
from institution_connectors.contracts import (
    Found,
    MoneyUnit,
    NumberState,
    Period,
    RegistrationState,
    ScheduleState,
    Sex,
)

CodeT = TypeVar("CodeT")
_FIRST_YEAR = 1900
_WHOLE = re.compile(r"-?[0-9]{1,18}")

PERIODS: Final[Mapping[str, Period]] = {
    "AM": Period.MORNING,
    "PM": Period.AFTERNOON,
    "NIGHT": Period.EVENING,
    "DAY": Period.ALL_DAY,
    "上午": Period.MORNING,
    "下午": Period.AFTERNOON,
    "晚上": Period.EVENING,
    "全天": Period.ALL_DAY,
}
SCHEDULE_STATES: Final[Mapping[str, ScheduleState]] = {
    "": ScheduleState.OPEN,
    "0": ScheduleState.OPEN,
    "1": ScheduleState.STOPPED,
}
NUMBER_STATES: Final[Mapping[str, NumberState]] = {
    "F": NumberState.FREE,
    "L": NumberState.LOCKED,
    "T": NumberState.TAKEN,
    "S": NumberState.STOPPED,
}
REGISTRATION_STATES: Final[Mapping[str, RegistrationState]] = {
    "0": RegistrationState.BOOKED,
    "1": RegistrationState.PAID,
    "2": RegistrationState.ARRIVED,
    "3": RegistrationState.DONE,
    "4": RegistrationState.CANCELLED,
    "5": RegistrationState.STOPPED,
}
FOUND: Final[Mapping[str, Found]] = {"0": Found.ABSENT, "1": Found.DONE, "2": Found.UNDONE}
SEXES: Final[Mapping[str, Sex]] = {
    "": Sex.UNKNOWN,
    "0": Sex.UNKNOWN,
    "1": Sex.MALE,
    "2": Sex.FEMALE,
    "9": Sex.UNSTATED,
    "男": Sex.MALE,
    "女": Sex.FEMALE,
    "M": Sex.MALE,
    "F": Sex.FEMALE,
}


class Reader:
    """Typed values out of an answer's elements, in the units of one operation of one hospital."""

    def __init__(self, unit: MoneyUnit) -> None:
        self._unit = unit

    def fen(self, node: Node, name: str) -> int:
        """An amount."""
        raw = node.require(name)
        try:
            return int(raw) if self._unit is MoneyUnit.FEN else money.fen_from_yuan(raw)
        except ValueError as problem:
            raise Unreadable(f"{name}: {problem}") from problem


def day(node: Node, name: str) -> date:
    """A date `yyyyMMdd`; senders that write dashes are understood."""
    return _parsed(node.require(name).replace("-", ""), "%Y%m%d", name).date()


def instant(node: Node, name: str) -> datetime:
    """An instant `yyyyMMddHHmmss` in the district's zone."""
    parsed = _parsed(node.require(name), "%Y%m%d%H%M%S", name)
    return clock.at(parsed.date(), parsed.time())


def optional_instant(node: Node, name: str) -> datetime | None:
    """An instant that may be absent."""
    return instant(node, name) if node.text(name) else None


def clock_time(raw: str, name: str) -> time:
    """`HHmmss` or `HHmm`, with or without colons."""
    digits = raw.strip().replace(":", "")
    return _parsed(digits.ljust(6, "0") if len(digits) == 4 else digits, "%H%M%S", name).time()


def whole(node: Node, name: str) -> int:
    """A whole number."""
    raw = node.require(name)
    if not _WHOLE.fullmatch(raw):
        raise Unreadable(f"{name}: {raw[:20]!r} is not a whole number")
    return int(raw)


def flag(node: Node, name: str) -> bool:
    """`Y` or `1`; anything else, and absence, mean no."""
    return node.text(name).upper() in {"Y", "1"}


def coded(node: Node, name: str, table: Mapping[str, CodeT]) -> CodeT:
    """A value of a code table; absent is looked up as ""."""
    raw = node.text(name)
    if raw in table:
        return table[raw]
    if raw == "":
        raise Incomplete(f"{name} is missing")
    raise Unreadable(f"{name}: {raw[:20]!r} is not a known code")


def written_day(value: date) -> str:
    """`yyyyMMdd`."""
    return value.strftime("%Y%m%d")


def written_instant(value: datetime) -> str:
    """`yyyyMMddHHmmss` in the district's zone."""
    return clock.local(value).strftime("%Y%m%d%H%M%S")


def written_amount(fen: int, unit: MoneyUnit) -> str:
    """An amount in the hospital's unit."""
    return str(fen) if unit is MoneyUnit.FEN else money.yuan_from_fen(fen)


def _parsed(raw: str, pattern: str, name: str) -> datetime:
    try:
        parsed = datetime.strptime(raw, pattern)  # noqa: DTZ007 - the zone is put on by the caller
    except ValueError as problem:
        raise Unreadable(f"{name}: {raw[:20]!r} is not of the form {pattern}") from problem
    if "%Y" in pattern and parsed.year < _FIRST_YEAR:
        raise Unreadable(f"{name}: {raw[:20]!r} lies before {_FIRST_YEAR}")
    return parsed
