"""What this hospital's appointments tell the owner of the booking (ids up, kernel decision 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

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
class AppointmentLocked(AppointmentEvent):
    """The HIS locked the number that this hold mirrors."""

    NAME: ClassVar[str] = "appointments.locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentQuoted(AppointmentEvent):
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
class AppointmentRefused(AppointmentEvent):
    """The hospital can't give this number: lock refused, number gone, or registration refused. It holds none now."""

    NAME: ClassVar[str] = "appointments.refused"
    reason: str
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
    """An appointment of this very day was booked, paid or ended: queues read it again. Other days wait for their own."""

    NAME: ClassVar[str] = "appointments.todays_changed"


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
