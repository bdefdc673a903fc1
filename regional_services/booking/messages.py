"""What residents are told of their bookings. Wording lives in notifications; here is which facts go into it."""

from __future__ import annotations

from uuid import UUID, uuid5

from hub import clock, money
from hub.work import Unit
from regional_services.booking.models import Booking, BookingChange, State
from regional_services.notifications import steps as notifications
from tenants.registry import selectors as registry


def tell_change(unit: Unit, booking: Booking, change: BookingChange) -> None:
    """The visit takes place otherwise; each change is told once, with where to answer."""
    _send(unit, booking, "booking.altered", uuid5(change.id, change.asked_at.isoformat()), reason=change.reason)


def tell(unit: Unit, booking: Booking, template: str, *, about: UUID | None = None, fee_fen: int | None = None) -> None:
    """One message to the account that booked; the same fact (`about`, or the booking) is never told twice."""
    _send(unit, booking, template, about or booking.id, fee_fen=fee_fen)


def _send(
    unit: Unit, booking: Booking, template: str, about: UUID, *, reason: str = "", fee_fen: int | None = None
) -> None:
    local = clock.local(booking.starts_at)
    deadline = f"{clock.local(booking.pay_deadline):%H:%M}" if booking.pay_deadline else ""
    notifications.send(
        unit,
        template=template,
        account_id=booking.account_id,
        person_id=booking.person_id,
        institution_code=booking.institution_code,
        about=about,
        facts={
            "institution": registry.institution(booking.institution_code).name,
            "department": booking.department_name,
            "doctor": booking.doctor_name,
            "when": f"{local:%m月%d日 %H:%M}",
            "sequence": str(booking.sequence or ""),
            "fee": money.display(booking.fee_fen if fee_fen is None else fee_fen),
            "deadline": deadline,
            "ended": State(booking.state).label,
            "reason": reason or booking.reason,
        },
    )
