"""People whose numbers a stop took stand in line first when the session takes place after all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hub.work import Unit
from regional_services.booking import selectors as bookings
from regional_services.booking.selectors import BookingView
from regional_services.catalog import selectors as catalog
from regional_services.waitlist.errors import AlreadyIn, TooMany
from regional_services.waitlist.models import Entry
from regional_services.waitlist.services import LAST_CALL, insert


def line_up(unit: Unit, hospital: str, session_id: UUID, booking_ids: Sequence[UUID]) -> int:
    """Put these bookings' people in line, in this order; how many. Who waits in too many lines already is left out."""
    card = catalog.session(session_id)
    last = card.last_end - LAST_CALL if card.last_end else None
    if card.institution_code != hospital or last is None or last <= unit.now:
        return 0
    known, put = bookings.views_of(booking_ids), 0
    for booking_id in booking_ids:
        lost = known.get(booking_id)
        if lost is None or lost.institution_code != hospital:
            continue
        try:
            insert(_entry(unit, lost, card.doctor_name, card.fee_fen, last))
        except (AlreadyIn, TooMany):
            continue
        put += 1
    return put


def _entry(unit: Unit, lost: BookingView, doctor_name: str, fee_fen: int, last: datetime) -> Entry:
    return Entry(
        institution_code=lost.institution_code,
        account_id=lost.account_id,
        person_id=lost.person_id,
        session_id=lost.session_id,
        department_name=lost.department_name,
        doctor_name=doctor_name,
        visit_date=lost.visit_date,
        fee_fen=fee_fen,
        until=last,
        due_at=last,
        instead_of=lost.id,
        joined_at=unit.now,
        updated_at=unit.now,
    )
