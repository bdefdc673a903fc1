"""The values asks and answers are made of. All times are aware, money is integer fen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Sex(StrEnum):
    """GB/T 2261.1."""

    UNKNOWN = "0"
    MALE = "1"
    FEMALE = "2"
    UNSTATED = "9"


class Period(StrEnum):
    """Parts of a clinic day."""

    MORNING = "am"
    AFTERNOON = "pm"
    EVENING = "night"
    ALL_DAY = "day"


class ScheduleState(StrEnum):
    """Whether a session takes place."""

    OPEN = "open"
    STOPPED = "stopped"


class NumberState(StrEnum):
    """Whether a number can be had; "free" in a list is a hint, the lock is the truth (F9)."""

    FREE = "free"
    LOCKED = "locked"
    TAKEN = "taken"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """Who answers for a patient without a certificate of its own."""

    name: str
    document_type: str
    document_number: str
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A person as a hospital needs to know him. `document_type` is a code of CV02.01.101 (01 resident ID).

    `his_id` is the hospital's own archive number when known; without it the pipeline makes sure of the archive first.
    """

    name: str
    document_type: str
    document_number: str
    sex: Sex
    birth_date: date
    phone: str = ""
    address: str = ""
    his_id: str = ""
    health_card: str = ""
    guardian: Guardian | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department of the hospital; `parent_code` is empty at the top."""

    code: str
    name: str
    parent_code: str = ""
    campus: str = ""
    place: str = ""
    insurance_code: str = ""
    introduction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """A doctor, or the rota of a department when `rota` is set."""

    code: str
    name: str
    title: str = ""
    department_codes: tuple[str, ...] = ()
    sex: Sex = Sex.UNKNOWN
    insurance_code: str = ""
    skills: str = ""
    introduction: str = ""
    rota: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberClass:
    """A class of number (ordinary, associate chief, chief, emergency) with its list price."""

    code: str
    name: str
    fee_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One bookable number of a session, at most 30 minutes long."""

    code: str
    schedule_code: str
    sequence: int
    starts: datetime
    ends: datetime
    state: NumberState


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A clinic session. `doctor_code` is empty for a department's rota; `remaining` is a hint (F9)."""

    code: str
    department_code: str
    doctor_code: str
    day: date
    period: Period
    starts: datetime
    ends: datetime
    class_code: str
    class_name: str
    fee_fen: int
    capacity: int
    remaining: int
    state: ScheduleState = ScheduleState.OPEN
    campus: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeItem:
    """One line of a fee."""

    code: str
    name: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment the hub collected: `order_number` is the hub's number at the channel, at most 32 characters."""

    order_number: str
    amount_fen: int
    channel: str
    channel_number: str
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund of a payment."""

    refund_number: str
    order_number: str
    amount_fen: int
    refunded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stopped session, whole or from `from_sequence`/`from_time` on (the doctor left at 10:20)."""

    schedule_code: str
    day: date
    reason: str
    whole: bool = True
    from_sequence: int | None = None
    from_time: datetime | None = None
    substitute_doctor_code: str = ""
    decided_at: datetime | None = None
