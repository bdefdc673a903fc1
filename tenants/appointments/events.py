"""What this hospital's appointments tell the owner of the booking (ids up, kernel decision 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from hub.ids import uuid7
from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentEvent(Event):
    """Base: all of them are ordered per booking."""

    hospital: str
    booking_id: UUID

    @property
    def aggregate(self) -> str:
        """The booking."""
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAnswered(AppointmentEvent):
    """Base: the hospital answered a hold; `sequence` is the hold's, for an owner who has not stored it yet."""

    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentLocked(HoldAnswered):
    """The HIS locked the number that this hold mirrors."""

    NAME: ClassVar[str] = "appointments.locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentQuoted(HoldAnswered):
    """The hospital named the price for this person; `fee_fen` is None when it could not."""

    NAME: ClassVar[str] = "appointments.quoted"
    fee_fen: int | None = None
    discount: str = ""
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentBooked(AppointmentEvent):
    """The number is this person's now; `paid` tells whether a fee was settled with it."""

    NAME: ClassVar[str] = "appointments.booked"
    paid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRegistered(AppointmentEvent):
    """The HIS holds the registration."""

    NAME: ClassVar[str] = "appointments.registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRefused(HoldAnswered):
    """The hospital can't give this number: lock refused, number gone, or registration refused. It holds none now."""

    NAME: ClassVar[str] = "appointments.refused"
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentReleased(AppointmentEvent):
    """A hold was given back after a definite answer about its money."""

    NAME: ClassVar[str] = "appointments.released"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCancelled(AppointmentEvent):
    """A booked number was given back, and the HIS agreed where it had to."""

    NAME: ClassVar[str] = "appointments.cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationRefused(AppointmentEvent):
    """The HIS does not let this registration be cancelled; it stands."""

    NAME: ClassVar[str] = "appointments.cancellation_refused"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentStopped(AppointmentEvent):
    """The clinic was stopped by the hospital."""

    NAME: ClassVar[str] = "appointments.stopped"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysAppointmentChanged(AppointmentEvent):
    """An appointment of this very day was booked, paid, ended, or the patient came: queues read it again."""

    NAME: ClassVar[str] = "appointments.todays_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefused(AppointmentEvent):
    """The hospital refused the payment of a registration that stood unpaid there; it is asked to cancel it."""

    NAME: ClassVar[str] = "appointments.payment_refused"
    reason: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnded(AppointmentEvent):
    """The patient was seen, by the hospital's word; surveys and follow-ups begin here (JA-APPT-25)."""

    NAME: ClassVar[str] = "appointments.visit_ended"
    person_id: UUID
    department_id: UUID
    doctor_id: UUID | None
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStepTold(AppointmentEvent):
    """The hospital's own system called somebody in, or passed him: `kind` is `called` or `missed`.

    `room` and `ticket` are the hospital's words, empty where it says none.
    """

    NAME: ClassVar[str] = "appointments.visit_step"
    kind: str
    room: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineReady(AppointmentEvent):
    """Medicine of the visit waits at a window (JA-APPT-21); `dispensing_number` tells those of one visit apart."""

    NAME: ClassVar[str] = "appointments.medicine_ready"
    window: str
    place: str
    dispensing_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineDispatched(AppointmentEvent):
    """Medicine of the visit was given to a courier (JA-APPT-23)."""

    NAME: ClassVar[str] = "appointments.medicine_dispatched"
    carrier: str
    tracking_number: str
    dispensing_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentToDesk(AppointmentEvent):
    """The doctor had to leave while this patient waits: the desk sees to him, his number stands until then."""

    NAME: ClassVar[str] = "appointments.to_desk"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentAltered(AppointmentEvent):
    """The visit takes place otherwise than booked: values from now on, beside those it was booked with."""

    NAME: ClassVar[str] = "appointments.altered"
    reason: str
    doctor_name: str
    was_doctor_name: str
    fee_fen: int
    was_fee_fen: int
    place: str
    was_place: str
    starts_at: datetime
    ends_at: datetime
    was_starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCancelAsked(AppointmentEvent):
    """The hospital's desk cancels for the patient; the owner of the booking decides and ends the money."""

    NAME: ClassVar[str] = "appointments.desk_cancel_asked"
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskBookingAsked(AppointmentEvent):
    """The hospital's desk books for a person; the row of that id says what, for whom and by whom."""

    NAME: ClassVar[str] = "appointments.desk_booking_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReopening(Event):
    """A session stopped here is to take place after all; `bookings` lost their numbers by the stop.

    Its numbers come back only when those who want theirs again stand in line.
    """

    NAME: ClassVar[str] = "appointments.session_reopening"
    hospital: str
    session_id: UUID
    bookings: tuple[UUID, ...]
    reopening_id: UUID = field(default_factory=uuid7)

    @property
    def aggregate(self) -> str:
        """By the session, as its stop: whoever hears both hears them in order."""
        return f"session:{self.session_id}"
