"""What an accepted ask brings: one frozen dataclass per operation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from institution_connectors.contracts.inbound import VisitFact
from institution_connectors.contracts.values import (
    Department,
    Doctor,
    FeeItem,
    Number,
    NumberClass,
    Patient,
    Schedule,
    Stop,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Base of all results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Result):
    """It was done and there is nothing more to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong(Result):
    """The hospital's clock (F6)."""

    his_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Patients(Result):
    """Archives found, none, one or several; each with its `his_id`."""

    patients: tuple[Patient, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientCreated(Result):
    """The archive, new or found."""

    his_patient_id: str
    existed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Departments(Result):
    """All departments; `total` is the hospital's own count (F11)."""

    departments: tuple[Department, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctors(Result):
    """Doctors; `total` is the hospital's own count (F11)."""

    doctors: tuple[Doctor, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberClasses(Result):
    """Classes of number."""

    classes: tuple[NumberClass, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules(Result):
    """Sessions; a list shorter than `total` is never taken for the whole (F11)."""

    schedules: tuple[Schedule, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers(Result):
    """Numbers of a session; `total` is the hospital's own count (F11)."""

    numbers: tuple[Number, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stops(Result):
    """Stopped sessions."""

    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeQuote(Result):
    """The price for one person, good until `valid_until`; `discount` says why it differs from the list price."""

    total_fen: int
    items: tuple[FeeItem, ...]
    discount: str = ""
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked(Result):
    """The number is held for us until `expires_at`."""

    lock_code: str
    number_code: str
    sequence: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Result):
    """The registration as the hospital knows it."""

    his_number: str
    his_patient_id: str
    sequence: int
    place: str = ""
    receipt_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn(Result):
    """The queue ticket."""

    ticket: str
    ahead: int | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(Result):
    """The registration is cancelled; `already` when it was so before."""

    his_number: str
    receipt_number: str = ""
    already: bool = False


class RegistrationState(StrEnum):
    """States of a registration at the hospital."""

    BOOKED = "booked"
    PAID = "paid"
    ARRIVED = "arrived"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A registration in a list."""

    hub_number: str
    his_number: str
    his_patient_id: str
    schedule_code: str
    number_code: str
    sequence: int
    starts: datetime
    state: RegistrationState
    fee_fen: int
    order_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrations(Result):
    """Registrations; `total` is the hospital's own count (F11)."""

    registrations: tuple[Registration, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitReport:
    """One step of a visit in a list; `event_number` is the hospital's own and names this step for ever."""

    event_number: str
    fact: VisitFact


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitReports(Result):
    """Steps of visits; `total` is the hospital's own count (F11)."""

    reports: tuple[VisitReport, ...]
    total: int


class Found(StrEnum):
    """What became of a request, by the hospital's own books."""

    DONE = "done"
    ABSENT = "absent"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeChecked(Result):
    """DONE carries what the original ask would have brought; ABSENT: no such number; UNDONE: done, and undone since."""

    found: Found
    result: Result | None = None
