"""What residents are told of their bookings. Wording lives in notifications; here is which facts go into it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID, uuid5

from hub.work import Unit
from regional_services.booking.models import Booking, BookingChange, State
from regional_services.notifications import steps as notifications
from regional_services.notifications.catalogue import FactValue
from tenants.registry import selectors as registry

_NO_MORE: Mapping[str, FactValue] = MappingProxyType({})


def tell_change(unit: Unit, booking: Booking, change: BookingChange) -> None:
    """The visit takes place otherwise; each change is told once, with where to answer."""
    about = uuid5(change.id, change.asked_at.isoformat())
    tell(unit, booking, "booking.altered", about=about, more={"reason": change.reason})


def tell(
    unit: Unit, booking: Booking, kind: str, *, about: UUID | None = None, more: Mapping[str, FactValue] = _NO_MORE
) -> None:
    """One message to the account that booked; the same fact is never told twice.

    `about` tells several like facts of one booking apart; without it the booking itself is what it is about. `more`
    adds to the facts of the booking, or takes their place.
    """
    notifications.send(
        unit,
        kind=kind,
        account_id=booking.account_id,
        person_id=booking.person_id,
        institution_code=booking.institution_code,
        about=about or booking.id,
        subject=booking.id,
        facts={
            "institution": registry.institution(booking.institution_code).name,
            "department": booking.department_name,
            "doctor": booking.doctor_name,
            "when": booking.starts_at,
            "sequence": booking.sequence,
            "fee": booking.fee_fen,
            "deadline": booking.pay_deadline,
            "ended": State(booking.state).label,
            "reason": booking.reason,
            **more,
        },
    )
