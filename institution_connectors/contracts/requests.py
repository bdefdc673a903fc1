"""What the hub asks: one frozen dataclass per operation; commands carry a hub number, unique for ever."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from institution_connectors.contracts.inbound import VisitEventKind
from institution_connectors.contracts.operations import Operation
from institution_connectors.contracts.values import Patient, Payment, Refund

HUB_NUMBER = re.compile(r"\A[0-9A-Z]{6,28}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Base of all asks."""

    OPERATION: ClassVar[Operation]

    @property
    def operation(self) -> Operation:
        """What is asked."""
        return type(self).OPERATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Request):
    """An ask that changes something; seeing the same `hub_number` again, the hospital repeats its first answer."""

    hub_number: str

    def __post_init__(self) -> None:
        if not HUB_NUMBER.match(self.hub_number):
            raise ValueError(f"a hub number is 6 to 28 of [0-9A-Z]: {self.hub_number!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Request):
    """Is anybody there, and what time is it there?"""

    OPERATION = Operation.PING


@dataclass(frozen=True, slots=True, kw_only=True)
class FindPatient(Request):
    """The archives of a person, by certificate; several are possible (F15)."""

    OPERATION = Operation.FIND_PATIENT
    document_type: str
    document_number: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePatient(Command):
    """Make sure that the person has an archive; idempotent on the certificate: an existing archive is the answer."""

    OPERATION = Operation.CREATE_PATIENT
    patient: Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePatient(Command):
    """Correct an archive: name, phone, guardian, real-name state."""

    OPERATION = Operation.UPDATE_PATIENT
    patient: Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class BindHealthCard(Command):
    """Tie an electronic health card to an archive."""

    OPERATION = Operation.BIND_HEALTH_CARD
    his_patient_id: str
    health_card: str
    empi: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDepartments(Request):
    """All departments."""

    OPERATION = Operation.LIST_DEPARTMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDoctors(Request):
    """All doctors, or those of one department."""

    OPERATION = Operation.LIST_DOCTORS
    department_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNumberClasses(Request):
    """The classes of number and their list prices."""

    OPERATION = Operation.LIST_NUMBER_CLASSES


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSchedules(Request):
    """The sessions of a span of days, all departments or one."""

    OPERATION = Operation.LIST_SCHEDULES
    first_day: date
    last_day: date
    department_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNumbers(Request):
    """The numbers of one session."""

    OPERATION = Operation.LIST_NUMBERS
    schedule_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStopped(Request):
    """Sessions stopped in a span of days."""

    OPERATION = Operation.LIST_STOPPED
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteFee(Request):
    """What this session costs this person (age, cadre, contract, revisit)."""

    OPERATION = Operation.QUOTE_FEE
    schedule_code: str
    patient: Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class LockNumber(Command):
    """Hold a number while the resident pays; the hospital says until when."""

    OPERATION = Operation.LOCK_NUMBER
    schedule_code: str
    number_code: str
    patient: Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockNumber(Command):
    """Give a lock back; `lock_number` is the hub number the lock was asked under."""

    OPERATION = Operation.UNLOCK_NUMBER
    lock_number: str
    lock_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Command):
    """Enter a booking at the hospital: paid (`payment`) or to be paid on the visit day.

    Hospitals that own their numbers get the lock of a `LockNumber` before; others are told which of the released
    numbers it is. `fee_fen` is the price the resident agreed to.
    """

    OPERATION = Operation.REGISTER
    schedule_code: str
    number_code: str
    sequence: int
    starts: datetime
    patient: Patient
    fee_fen: int
    lock_number: str = ""
    lock_code: str = ""
    payment: Payment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayRegistration(Command):
    """Tell the hospital that an unpaid registration is paid now; `registration_number` is its hub number."""

    OPERATION = Operation.PAY_REGISTRATION
    registration_number: str
    his_number: str
    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn(Command):
    """Take a queue ticket for a registration."""

    OPERATION = Operation.CHECK_IN
    registration_number: str
    his_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellVisit(Command):
    """Where the hub calls: a visit was led a step on. `place` is the room, `ticket` the queue number.

    Accepted also for a step the hospital knows already, or that comes after a later one.
    """

    OPERATION = Operation.TELL_VISIT
    registration_number: str
    his_number: str
    kind: VisitEventKind
    occurred_at: datetime
    ticket: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRegistration(Command):
    """Cancel a registration, with its refund if it was paid; accepted also when it is cancelled already."""

    OPERATION = Operation.CANCEL_REGISTRATION
    registration_number: str
    his_number: str = ""
    reason: str = ""
    refund: Refund | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRegistrations(Request):
    """The registrations the hospital knows: of one person, or all that the hub made for a span of visit days."""

    OPERATION = Operation.LIST_REGISTRATIONS
    first_day: date
    last_day: date
    his_patient_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVisitEvents(Request):
    """Steps of visits that the hospital noted at or after an instant of its own clock, oldest first."""

    OPERATION = Operation.LIST_VISIT_EVENTS
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmVisitEvents(Request):
    """The hub holds these steps (by the hospital's own numbers) for good; to say so twice changes nothing.

    A hospital that keeps a mark for each step need not be asked by time alone: one it noted late is not missed.
    """

    OPERATION = Operation.CONFIRM_VISIT_EVENTS
    event_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome(Request):
    """What became of my request number N?"""

    OPERATION = Operation.CHECK_OUTCOME
    hub_number: str
    asked: Operation
