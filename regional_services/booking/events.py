"""What the owner of a booking asks of the hospital's side, and tells the rest of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingEvent(Event):
    """Base: ordered per booking; `hospital` names the schema in which a HOSPITAL handler runs."""

    hospital: str
    booking_id: UUID

    @property
    def aggregate(self) -> str:
        """The booking."""
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmWanted(BookingEvent):
    """The hold may become a booking at the price agreed; the payment's facts are empty where nothing was paid."""

    NAME: ClassVar[str] = "booking.confirm_wanted"
    fee_fen: int
    payment_number: str = ""
    paid_fen: int = 0
    channel: str = ""
    channel_number: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWanted(BookingEvent):
    """The hold's money is definitely not coming (or its hard deadline is past): give the number back."""

    NAME: ClassVar[str] = "booking.release_wanted"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelWanted(BookingEvent):
    """A booked number is to be given back, the HIS asked first."""

    NAME: ClassVar[str] = "booking.cancel_wanted"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinSaid(BookingEvent):
    """One booking of a rescheduling (`twin`) tells the other (`booking_id`) what became of it; `what` is an `Input`."""

    NAME: ClassVar[str] = "booking.twin_said"
    twin: UUID
    what: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferredBookingChanged(BookingEvent):
    """The same of a booking that another hospital may have asked for, or of one in its place (`root`: the first).

    An event of its own, so that all other bookings cost nobody a delivery.
    """

    NAME: ClassVar[str] = "booking.referred_changed"
    root: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingChanged(BookingEvent):
    """Either axis moved: for live pages and figures."""

    NAME: ClassVar[str] = "booking.changed"
    account_id: UUID
    state: str
    settlement: str
