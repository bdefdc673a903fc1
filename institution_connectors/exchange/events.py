"""What the exchange publishes: ids and codes only; the facts are read by `selectors.answer` and `selectors.fact`.

All are published in the hospital's own unit of work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub.outbox.events import Event
from institution_connectors.contracts import Operation, Outcome, Reason, VisitEventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeAsked(Event):
    """Something is to be asked of the hospital; asks of one correlation go out in order."""

    NAME = "exchange.asked"

    hospital: str
    exchange_id: UUID
    correlation: str

    @property
    def aggregate(self) -> str:
        return f"exchange:{self.correlation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeAnswered(Event):
    """What came of an ask.

    Published once with a definite outcome. At most once before, when the deadline passes and the outcome is still
    UNKNOWN: the exchange goes on asking after it, and nothing may be decided on that event but waiting openly.
    """

    NAME = "exchange.answered"

    hospital: str
    exchange_id: UUID
    operation: Operation
    outcome: Outcome
    reason: Reason
    correlation: str

    @property
    def aggregate(self) -> str:
        return f"exchange:{self.correlation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEvent(Event):
    """Base of what hospitals report. `selectors.fact(inbound_id, index)` is the fact itself."""

    hospital: str
    inbound_id: UUID
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSnapshotReceived(InboundEvent):
    """Sessions and numbers changed at the hospital, or were all told."""

    NAME = "exchange.schedule_snapshot_received"

    first_day: date
    last_day: date
    complete: bool

    @property
    def aggregate(self) -> str:
        return f"schedule:{self.hospital}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStopReported(InboundEvent):
    """The hospital stopped a session, whole or in part."""

    NAME = "exchange.session_stop_reported"

    schedule_code: str

    @property
    def aggregate(self) -> str:
        return f"schedule:{self.hospital}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTakenReported(InboundEvent):
    """The hospital itself sold a number, or gave one back."""

    NAME = "exchange.number_taken_reported"

    schedule_code: str
    number_code: str
    free: bool

    @property
    def aggregate(self) -> str:
        return f"schedule:{self.hospital}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitReported(InboundEvent):
    """Base of what is told of a visit, in order for each visit."""

    registration_number: str
    his_number: str

    @property
    def aggregate(self) -> str:
        return f"visit:{self.registration_number or self.his_number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEventReported(VisitReported):
    """A step of a visit: arrived, called, missed, ended."""

    NAME = "exchange.visit_event_reported"

    kind: VisitEventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineReadyReported(VisitReported):
    """Medicine waits at a window."""

    NAME = "exchange.medicine_ready_reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineDispatchedReported(VisitReported):
    """Medicine was given to a courier."""

    NAME = "exchange.medicine_dispatched_reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsMergeReported(InboundEvent):
    """The hospital merged two archives (F14)."""

    NAME = "exchange.patients_merge_reported"

    @property
    def aggregate(self) -> str:
        return f"patients:{self.hospital}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultReportedByHospital(InboundEvent):
    """A report exists or changed."""

    NAME = "exchange.result_reported"

    @property
    def aggregate(self) -> str:
        return f"results:{self.hospital}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HisRestored(Event):
    """The hospital's own system reports under a new generation: its books came back from an earlier day."""

    NAME = "exchange.his_restored"

    hospital: str
    source: str
    incarnation: str

    @property
    def aggregate(self) -> str:
        """The connector."""
        return f"connector:{self.hospital}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAsked(Event):
    """Somebody wants to know now how the hospital's system is."""

    NAME = "exchange.probe_asked"

    hospital: str

    @property
    def aggregate(self) -> str:
        """The connector."""
        return f"connector:{self.hospital}"
