"""A registration that stood unpaid is paid, and the hospital refuses the payment: money back, nothing left there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import clock
from hub.outbox.relay import drain
from regional_services.booking import services
from regional_services.booking.errors import CannotCheckIn, CannotRegister
from regional_services.booking.models import Booking, Settlement, State
from regional_services.booking.selectors import BookingView
from tests.booking import world
from tests.booking.world import Resident
from tests.flow.conftest import District
from tests.flow.test_whole_flow import _differences


def _pay_and_be_refused(district: District, *also: str) -> tuple[BookingView, Resident]:
    """Book, go and register, pay; the hospital refuses the payment, and what else is named."""
    world.limit("alpha", settle_mode="pay_on_day")
    who = world.resident()
    booking = district.book("alpha", world.open_session("alpha"), who)
    assert district.registrations("alpha", booking.id)[0]["state"] == "booked"
    Booking.objects.filter(id=booking.id).update(visit_date=clock.today())
    services.register_booking(actor=who.actor, booking_id=booking.id)
    district.his["alpha"].switch("reject", "缴费失败", only=("pay_registration", *also))
    district.press_pay(district.booking(booking.id), who)
    district.deliver()
    drain()
    return booking, who


def _refunded(district: District) -> None:
    district.deliver()
    drain()


def test_the_hospital_cancels_it_and_the_booking_ends_refunded(district: District) -> None:
    booking, who = _pay_and_be_refused(district)
    _refunded(district)
    after = district.booking(booking.id)
    assert (after.state, after.settlement) == (State.FAILED, Settlement.REFUNDED)
    [known] = district.registrations("alpha", booking.id)
    assert known["state"] == "cancelled"
    assert any(number.id == booking.number_id for number in world.free_numbers("alpha", booking.session_id))
    assert [message.title for message in world.messages_of(who)].count("预约未成功") == 1
    assert _differences() == []


def test_a_hospital_that_will_not_cancel_keeps_it_for_the_window(district: District) -> None:
    booking, who = _pay_and_be_refused(district, "cancel_registration")
    _refunded(district)
    after = district.booking(booking.id)
    assert (after.state, after.settlement) == (State.BOOKED, Settlement.REFUNDED)
    assert district.registrations("alpha", booking.id)[0]["state"] == "booked"
    assert [message.title for message in world.messages_of(who)].count("线上缴费未被医院接受") == 1
    with pytest.raises(CannotRegister):
        services.register_booking(actor=who.actor, booking_id=booking.id)
    with pytest.raises(CannotCheckIn):
        services.check_in(actor=who.actor, booking_id=booking.id)
    assert _differences() == []


def test_a_lost_answer_keeps_the_number_until_it_is_known(district: District) -> None:
    """The cancellation is done at the hospital and its answer lost; the money does not wait for it."""
    his = district.his["alpha"]
    his.switch("drop_answer", only=("cancel_registration", "check_outcome"))
    booking, _ = _pay_and_be_refused(district)
    _refunded(district)
    waiting = district.booking(booking.id)
    assert (waiting.state, waiting.settlement) == (State.CANCELLING, Settlement.REFUNDED)
    assert all(number.id != booking.number_id for number in world.free_numbers("alpha", booking.session_id))
    his.off("drop_answer")
    with clock.shifted(timedelta(minutes=2)):
        drain()
    assert district.booking(booking.id).state is State.FAILED
    assert len(district.registrations("alpha", booking.id)) == 1
    assert _differences() == []
