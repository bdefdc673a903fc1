"""What residents are told of their bookings. Wording lives in notifications; here is which facts go into it."""

from __future__ import annotations

from hub import clock, money
from hub.work import Unit
from regional_services.booking.models import Booking, State
from regional_services.notifications import steps as notifications
from tenants.registry import selectors as registry


def tell(unit: Unit, booking: Booking, template: str) -> None:
    """One message to the account that booked; the same fact is never told twice."""
    local = clock.local(booking.starts_at)
    deadline = f"{clock.local(booking.pay_deadline):%H:%M}" if booking.pay_deadline else ""
    notifications.send(
        unit,
        template=template,
        account_id=booking.account_id,
        person_id=booking.person_id,
        institution_code=booking.institution_code,
        about=booking.id,
        facts={
            "institution": registry.institution(booking.institution_code).name,
            "department": booking.department_name,
            "doctor": booking.doctor_name,
            "when": f"{local:%m月%d日 %H:%M}",
            "sequence": str(booking.sequence or ""),
            "fee": money.display(booking.fee_fen),
            "deadline": deadline,
            "ended": State(booking.state).label,
            "reason": booking.reason,
        },
    )
