"""The code tables and value formats of the profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, TypeVar

from hub import clock, money
from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused
from institution_connectors.adapters.hl7v2_mllp.message import Segment
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
_FIRST_YEAR = "1900"
_WHOLE = re.compile(r"-?[0-9]{1,18}")

SEXES: Final[Mapping[str, Sex]] = {
    "": Sex.UNKNOWN,
    "U": Sex.UNKNOWN,
    "M": Sex.MALE,
    "F": Sex.FEMALE,
    "O": Sex.UNSTATED,
    "1": Sex.MALE,
    "2": Sex.FEMALE,
    "0": Sex.UNKNOWN,
    "9": Sex.UNSTATED,
}
WRITTEN_SEXES: Final[Mapping[Sex, str]] = {Sex.MALE: "M", Sex.FEMALE: "F", Sex.UNKNOWN: "U", Sex.UNSTATED: "O"}
PERIODS: Final[Mapping[str, Period]] = {
    "AM": Period.MORNING,
    "PM": Period.AFTERNOON,
    "NIGHT": Period.EVENING,
    "DAY": Period.ALL_DAY,
}
SCHEDULE_STATES: Final[Mapping[str, ScheduleState]] = {
    "": ScheduleState.OPEN,
    "O": ScheduleState.OPEN,
    "S": ScheduleState.STOPPED,
}
NUMBER_STATES: Final[Mapping[str, NumberState]] = {
    "F": NumberState.FREE,
    "L": NumberState.LOCKED,
    "T": NumberState.TAKEN,
    "S": NumberState.STOPPED,
}
# SCH-25, HL7 table 0278; "Paid" and "Arrived" are additions of the profile.
REGISTRATION_STATES: Final[Mapping[str, RegistrationState]] = {
    "BOOKED": RegistrationState.BOOKED,
    "PAID": RegistrationState.PAID,
    "ARRIVED": RegistrationState.ARRIVED,
    "STARTED": RegistrationState.ARRIVED,
    "COMPLETE": RegistrationState.DONE,
    "CANCELLED": RegistrationState.CANCELLED,
    "DELETED": RegistrationState.CANCELLED,
    "BLOCKED": RegistrationState.STOPPED,
}
FOUND: Final[Mapping[str, Found]] = {"ABSENT": Found.ABSENT, "DONE": Found.DONE, "UNDONE": Found.UNDONE}
RESIDENT_ID = "NNCHN"
RECORD_NUMBER = "MR"
HEALTH_CARD = "HC"


def identifier_type(document_type: str) -> str:
    """PID-3.5 of a certificate: the standard's code for the resident ID, `D` and our code for the others."""
    return RESIDENT_ID if document_type == "01" else f"D{document_type}"


def document_type(identifier: str) -> str:
    """The certificate code of a PID-3.5, "" when it names no certificate."""
    if identifier == RESIDENT_ID:
        return "01"
    return identifier[1:] if len(identifier) == 3 and identifier[0] == "D" and identifier[1:].isdigit() else ""


def coded(segment: Segment, number: int, table: Mapping[str, CodeT]) -> CodeT:
    """A value of a code table, whatever its case."""
    raw = segment.component(number).strip().upper()
    if raw in table:
        return table[raw]
    if not raw:
        segment.require(number)
    raise MessageRefused(segment.place(number), f"{raw[:20]!r} is not a known code")


def instant(segment: Segment, number: int, component: int = 1) -> datetime:
    """A time stamp of at least minutes; without an offset it is the district's time."""
    raw = segment.require(number, component)
    parsed = instant_of(raw)
    if parsed is None:
        raise MessageRefused(segment.place(number), f"{raw[:24]!r} is not a time stamp yyyyMMddHHmm[ss]")
    return parsed


def optional_instant(segment: Segment, number: int) -> datetime | None:
    """A time stamp that may be absent."""
    return instant(segment, number) if segment.component(number) else None


def instant_of(raw: str) -> datetime | None:
    """The instant of `yyyyMMddHHmm[ss[.ffff]][+zzzz]`; None when it is none."""
    bare = raw.partition(".")[0]
    head, offset = (raw[:-5], raw[-5:]) if raw[-5:-4] in {"+", "-"} else (raw, "")
    head = head.partition(".")[0] if offset else bare
    if not head.isascii() or not head.isdigit() or len(head) not in (12, 14) or head < _FIRST_YEAR:
        return None
    try:
        if offset:
            return datetime.strptime(head.ljust(14, "0") + offset, "%Y%m%d%H%M%S%z")
        naive = datetime.strptime(head.ljust(14, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - the zone follows
        return clock.at(naive.date(), naive.time())
    except ValueError:
        return None


def day(segment: Segment, number: int) -> date:
    """A date; what follows the day is left aside."""
    raw = segment.require(number)
    try:
        found = datetime.strptime(raw[:8], "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError as problem:
        raise MessageRefused(segment.place(number), f"{raw[:24]!r} is not a date yyyyMMdd") from problem
    if raw < _FIRST_YEAR:
        raise MessageRefused(segment.place(number), f"{raw[:24]!r} lies before {_FIRST_YEAR}")
    return found


def whole(segment: Segment, number: int, component: int = 1) -> int:
    """A whole number."""
    raw = segment.require(number, component)
    if not _WHOLE.fullmatch(raw):
        raise MessageRefused(segment.place(number), f"{raw[:20]!r} is not a whole number")
    return int(raw)


def fen(segment: Segment, number: int, unit: MoneyUnit) -> int:
    """An amount."""
    raw = segment.require(number)
    try:
        return int(raw) if unit is MoneyUnit.FEN else money.fen_from_yuan(raw)
    except ValueError as problem:
        raise MessageRefused(segment.place(number), str(problem)) from problem


def written_amount(amount_fen: int, unit: MoneyUnit) -> str:
    """An amount in the hospital's unit."""
    return str(amount_fen) if unit is MoneyUnit.FEN else money.yuan_from_fen(amount_fen)


def written_day(value: date) -> str:
    """`yyyyMMdd`."""
    return value.strftime("%Y%m%d")
