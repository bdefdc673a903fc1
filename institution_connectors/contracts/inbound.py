"""What a hospital tells the hub of its own accord."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from institution_connectors.contracts.values import Number, Schedule, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Base of what hospitals report; `occurred_at` is by the hospital's clock."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSnapshot(Fact):
    """Sessions with their numbers.

    `complete`: it lists every session of `first_day` to `last_day`, so that what is missing is withdrawn; it is only
    ever true when the hospital's own counts agree with the lists (F11). Otherwise only what is listed changes, and
    `withdrawn` names the sessions that are gone. `sessions_with_numbers` names the sessions whose `numbers` are all
    here; of the others only the session itself is told.
    """

    snapshot_id: str
    first_day: date
    last_day: date
    schedules: tuple[Schedule, ...]
    numbers: tuple[Number, ...] = ()
    sessions_with_numbers: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStopped(Fact):
    """A session is stopped, whole or in part."""

    stop: Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTaken(Fact):
    """The hospital itself sold a number (window, machine), or gave it back (`free`)."""

    schedule_code: str
    number_code: str
    sequence: int
    free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFact(Fact):
    """Base of what is told of a visit: `registration_number` is the hub's number, empty for window patients."""

    his_number: str
    registration_number: str = ""
    his_patient_id: str = ""


class VisitEventKind(StrEnum):
    """Steps of a visit that need no more words than the step itself."""

    ARRIVED = "arrived"
    CALLED = "called"
    MISSED = "missed"
    VISIT_ENDED = "visit_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEvent(VisitFact):
    """A step of a visit; `ticket` is the queue number, `place` the room."""

    kind: VisitEventKind
    ticket: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineReady(VisitFact):
    """Medicine waits at `window` (JA-APPT-21), in `place` where the hospital says so.

    `dispensing_number` tells the dispensings of one visit apart; empty where a hospital has one for each visit.
    """

    window: str
    place: str = ""
    dispensing_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineDispatched(VisitFact):
    """Medicine is on its way by courier (JA-APPT-23)."""

    carrier: str
    tracking_number: str
    dispensing_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsMerged(Fact):
    """Two archives became one (F14)."""

    kept_id: str
    merged_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultReported(Fact):
    """A laboratory or examination report exists or changed."""

    his_patient_id: str
    report_code: str
    title: str
    status: str
    his_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message from a hospital, taken apart.

    `source` names the sending system, `incarnation` its generation (raised when it was restored), `message_id` its own
    number: together they are unique, so that a repeated message is recognised.
    """

    source: str
    incarnation: str
    message_id: str
    kind: str
    facts: tuple[Fact, ...]


class MalformedMessage(ValueError):
    """A message that can't be taken; the text says precisely why and where, without personal data.

    `code` and `where` say the same to a machine, where a dialect has words for it: an issue type and an element.
    """

    def __init__(self, text: str, *, code: str = "", where: str = "") -> None:
        super().__init__(text)
        self.code, self.where = code, where
