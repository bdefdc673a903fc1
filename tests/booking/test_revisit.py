"""复诊: who saw the department some days ago pays what the hospital's rule says; shown before, re-derived after."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital, region
from regional_services.booking.models import Booking, Pricing, Settlement, State
from regional_services.booking.verify import verify_hospital
from regional_services.payments import selectors as payments
from tenants.appointments.models import Appointment
from tenants.appointments.models import State as Stands
from tests.booking import world
from tests.security.matrix.examples import resident_browser

AT_ONCE = timedelta(0)


def _seen(code: str, session: UUID, who: world.Resident, days_before: int) -> None:
    """He was seen by the department of this session so many days before it."""
    booking = world.book(code, session, who)
    day = booking.visit_date - timedelta(days=days_before)
    begins = clock.at(day, clock.MIDNIGHT) + timedelta(hours=9)
    times = {"visit_date": day, "starts_at": begins, "ends_at": begins + timedelta(minutes=15)}
    with region():
        Booking.objects.filter(id=booking.id).update(state=State.FULFILLED, **times)
    with hospital(code):
        Appointment.objects.filter(id=booking.id).update(state=Stands.FULFILLED, **times)


@pytest.mark.parametrize(("percent", "fee_fen"), [(0, 0), (50, 2500)])
def test_a_revisit_costs_what_the_rule_says_and_that_is_shown_held_and_verified(
    alpha: str, percent: int, fee_fen: int
) -> None:
    session = world.open_for_booking(alpha, 6, fee_fen=5000)
    who, late, stranger = (world.resident() for _ in range(3))
    _seen(alpha, session, who, 7)
    _seen(alpha, session, late, 8)
    number = world.free_numbers(alpha, session)[0]
    confirm = f"/hospitals/{alpha}/sessions/{session}/numbers/{number.id}"
    assert "按复诊收" not in resident_browser(who).get(confirm).content.decode()
    world.limit(alpha, revisit_days=7, revisit_percent=percent)
    assert "按复诊收" in resident_browser(who).get(confirm).content.decode()
    assert "按复诊收" not in resident_browser(stranger).get(confirm).content.decode()
    cheap = world.book(alpha, session, who)
    for other in (late, stranger):
        assert world.book(alpha, session, other).fee_fen == 5000
    assert (cheap.fee_fen, cheap.list_fee_fen, cheap.pricing) == (fee_fen, 5000, Pricing.REVISIT)
    assert cheap.discount == "7天内同科复诊"
    with hospital(alpha, read_only=True):
        assert Appointment.objects.get(id=cheap.id).fee_fen == fee_fen
    if fee_fen:
        order = payments.order_of_booking(cheap.id)
        assert order is not None
        assert order.amount_fen == fee_fen
    else:
        assert (cheap.state, cheap.settlement) == (State.BOOKED, Settlement.FREE)
    drain(outside=False)
    assert _priced_wrongly(alpha) == []
    with region():
        Booking.objects.filter(id=cheap.id).update(fee_fen=1)
    assert _priced_wrongly(alpha) == [cheap.id]


def _priced_wrongly(code: str) -> list[UUID]:
    return [found.booking_id for found in verify_hospital(code, quiet=AT_ONCE) if "revisit" in found.what]
