"""Bookings to be paid on the day that nobody registered by the cut-off: the hospital's rule decides, its HIS agrees."""

from __future__ import annotations

from datetime import timedelta

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.booking import handlers, services
from regional_services.booking.models import Settlement, State
from regional_services.booking.selectors import BookingView
from regional_services.booking.verify import verify_hospital
from tenants.appointments.events import AppointmentRegistered
from tests.booking import world
from tests.booking.world import Resident
from tests.flow.conftest import District

NOW = timedelta(0)


def _standing_until_a_minute_from_now(district: District, who: Resident, rule: str) -> BookingView:
    """A booking that stands unpaid, registered at the hospital, at a hospital of this rule."""
    world.limit("alpha", settle_mode="pay_on_day", cutoff_rule=rule)
    session = world.open_session("alpha")
    number = world.free_numbers("alpha", session)[0]
    ahead = (number.start - clock.now()) // timedelta(minutes=1)
    world.limit("alpha", register_cutoff_minutes=ahead - 1)
    booking = district.book("alpha", session, who, number)
    assert (booking.state, booking.settlement) == (State.BOOKED, Settlement.UNPAID)
    assert services.sweep() == 0
    return booking


def _after_the_cutoff() -> None:
    with clock.shifted(timedelta(minutes=3)):
        assert services.sweep() == 1
        drain()
        assert services.sweep() == 0


def test_a_hospital_that_releases_gets_its_number_back_and_the_resident_is_told(district: District) -> None:
    who = world.resident()
    booking = _standing_until_a_minute_from_now(district, who, "release")
    _after_the_cutoff()
    after = district.booking(booking.id)
    assert (after.state, after.settlement) == (State.EXPIRED, Settlement.UNPAID)
    [known] = district.registrations("alpha", booking.id)
    assert known["state"] == "cancelled"
    assert any(number.id == booking.number_id for number in world.free_numbers("alpha", booking.session_id))
    assert any("未在截止时间前线上挂号" in message.text for message in world.messages_of(who))
    assert verify_hospital("alpha", quiet=NOW) == []


def test_a_hospital_that_keeps_them_sends_the_resident_to_the_window(district: District) -> None:
    who = world.resident()
    booking = _standing_until_a_minute_from_now(district, who, "window")
    _after_the_cutoff()
    assert district.booking(booking.id).state is State.BOOKED
    [known] = district.registrations("alpha", booking.id)
    assert known["state"] == "booked"
    assert [message.title for message in world.messages_of(who)].count("请到窗口挂号") == 1
    assert verify_hospital("alpha", quiet=NOW) == []


def test_a_registration_the_hospital_will_not_cancel_stands_for_the_window(district: District) -> None:
    who = world.resident()
    booking = _standing_until_a_minute_from_now(district, who, "release")
    district.his["alpha"].switch("reject", "已超过退号时间", only=("cancel_registration",))
    _after_the_cutoff()
    assert district.booking(booking.id).state is State.BOOKED
    assert any(message.title == "请到窗口挂号" for message in world.messages_of(who))
    assert verify_hospital("alpha", quiet=NOW) == []


def test_who_is_registered_and_has_not_paid_is_told_to_pay_and_who_has_is_not(district: District) -> None:
    """One message, whatever the hospital repeats; none where the fee was paid with the booking."""
    payer, owing = world.resident(), world.resident()
    session = world.open_session("alpha")
    paid = district.book("alpha", session, payer)
    district.pay(paid, payer)
    world.limit("alpha", settle_mode="pay_on_day")
    booking = district.book("alpha", session, owing)
    assert (booking.state, booking.settlement) == (State.BOOKED, Settlement.UNPAID)
    with work(REGION, actor=world.SETUP) as unit:
        handlers.on_registered(AppointmentRegistered(hospital="alpha", booking_id=booking.id), unit)
    told = [[message.title for message in world.messages_of(who)] for who in (owing, payer)]
    assert [titles.count("挂号成功，待缴费") for titles in told] == [1, 0]
