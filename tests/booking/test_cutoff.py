"""The cut-off of registering online when an order is open: its money is answered for before the number goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from hub.work import work
from regional_services.booking import services
from regional_services.booking.models import Booking, State
from regional_services.payments import selectors as payments
from regional_services.payments import services as payment_services
from tenants.appointments import answers
from tenants.appointments import steps as appointments
from tenants.appointments.models import Appointment, HisState
from tests.booking import world


@pytest.mark.parametrize("closed_first", [False, True])
def test_an_open_order_is_closed_before_the_number_is_given_back(alpha: str, closed_first: bool) -> None:
    session, who = world.open_for_booking(alpha, pay_on_day=True), world.resident()
    world.limit(alpha, cutoff_rule="release")
    view = world.book(alpha, session, who)
    with clock.shifted(view.starts_at - timedelta(hours=1) - clock.now()):
        ordered = services.register_booking(actor=who.actor, booking_id=view.id)
    order = payments.order_of_booking(view.id)
    assert order is not None
    assert order.deadline == ordered.pay_deadline == view.starts_at - timedelta(minutes=30)
    with clock.shifted(view.starts_at - timedelta(minutes=29) - clock.now()):
        if closed_first:  # payments close what is overdue by themselves
            payment_services.sweep()
            drain(outside=False)
        assert services.sweep() == 1
        drain(outside=False)
        closed = payments.order_of_booking(view.id)
        assert closed is not None
        assert closed.state == "closed"
        assert Booking.objects.get(id=view.id).state == State.CLOSING
        with hospital(alpha, read_only=True):
            assert Appointment.objects.get().his_state == HisState.CANCELLING
        with work(alpha, actor=world.SETUP) as unit:  # the hospital's answer
            appointment = appointments.lock_row(view.id)
            assert appointment is not None
            answers.cancelled(unit, hospital=alpha, appointment=appointment)
        drain(outside=False)
    assert Booking.objects.get(id=view.id).state == State.EXPIRED
    assert len(world.free_numbers(alpha, session)) == 3


def test_a_booking_made_after_the_cutoff_waits_for_the_window(alpha: str) -> None:
    """It can't be registered online any more; nothing is due and nothing is released."""
    session, who = world.open_for_booking(alpha, pay_on_day=True), world.resident()
    world.limit(alpha, cutoff_rule="release")
    start = world.free_numbers(alpha, session)[0].start
    with clock.shifted(start - timedelta(minutes=10) - clock.now()):
        view = world.book(alpha, session, who)
        assert services.sweep() == 0
    assert Booking.objects.get(id=view.id).state == State.BOOKED
