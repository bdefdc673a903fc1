"""What of the synthetic resident's bookings may go once they have ended: they are nobody's (practice 22)."""

from __future__ import annotations

from datetime import datetime

from hub.recovery.cleanups import Doomed
from hub.synthetic import ACCOUNT
from regional_services.booking.process import ENDED

NAME = "synthetic_bookings"
_STATES = ", ".join(f"'{state.value}'" for state in sorted(ENDED))
_OVER = f"account_id = '{ACCOUNT}' AND state IN ({_STATES}) AND updated_at < {{before}}"
_OF_THEM = f"booking_id IN (SELECT id FROM booking WHERE {_OVER})"  # noqa: S608 - constants of this house


def synthetic_bookings(before: datetime) -> list[Doomed]:
    """The public rows of those that ended before an instant, what hangs on a booking first."""
    return [
        Doomed(name=NAME, table="booking_step", condition=_OF_THEM, before=before),
        Doomed(name=NAME, table="booking_change", condition=_OF_THEM, before=before),
        Doomed(name=NAME, table="booking_reservation", key="booking_id", condition=_OF_THEM, before=before),
        Doomed(name=NAME, table="booking", condition=_OVER, before=before),
    ]
