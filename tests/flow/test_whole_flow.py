"""The main job through every layer: a resident books and pays, the hospital's own system knows; and the ways back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from institution_connectors.contracts import Operation
from institution_connectors.exchange.models import Attempt, Exchange, Purpose
from regional_services.booking import services
from regional_services.booking.models import His, Settlement, State
from regional_services.booking.verify import verify_hospital
from tenants.patients.models import PatientArchive
from tests.booking import world
from tests.flow.conftest import District

NOW = timedelta(0)


def _differences() -> list[object]:
    return [*verify_hospital("alpha", quiet=NOW), *verify_hospital("beta", quiet=NOW)]


@pytest.mark.requirement("JA-APPT-02", "JA-APPT-08", "JA-HIS-01")
def test_book_pay_and_the_hospital_knows(district: District) -> None:
    who = world.resident()
    booking = district.book("alpha", world.open_session("alpha"), who)
    assert booking.state is State.AWAITING_PAYMENT
    district.pay(booking, who)
    after = district.booking(booking.id)
    assert (after.state, after.settlement, after.his) == (State.BOOKED, Settlement.PAID, His.REGISTERED)
    [known] = district.registrations("alpha", booking.id)
    assert known["state"] == "paid"
    assert _differences() == []


def test_the_hospital_makes_an_archive_for_the_first_visit_only(district: District) -> None:
    """Its own number of the person comes with the first registration and goes along with the next."""
    who = world.resident()
    for days in (1, 2):
        district.pay(district.book("alpha", world.open_session("alpha", days=days), who), who)
    with hospital("alpha", read_only=True):
        asks = Exchange.objects.filter(operation=Operation.REGISTER).values("id")
        made = Attempt.objects.filter(exchange_id__in=asks).order_by("id").values_list("purpose", flat=True)
        assert list(made) == [Purpose.PREPARE, Purpose.CALL, Purpose.CALL]
        assert PatientArchive.objects.get(person_id=who.person_id).his_patient_id


def test_a_hospital_that_owns_its_numbers_is_locked_before_anyone_pays(district: District) -> None:
    who = world.resident()
    booking = world.book("beta", world.open_session("beta"), who)
    assert booking.state is State.LOCKING
    assert booking.order_id is None
    drain()
    locked = district.booking(booking.id)
    assert locked.state is State.AWAITING_PAYMENT
    district.pay(locked, who)
    assert district.booking(booking.id).his is His.REGISTERED
    assert _differences() == []


@pytest.mark.requirement("JA-APPT-11", "JA-APPT-22")
def test_cancel_a_paid_booking_and_the_money_comes_back(district: District) -> None:
    who = world.resident()
    booking = district.book("alpha", world.open_session("alpha"), who)
    district.pay(booking, who)
    services.cancel_booking(actor=who.actor, booking_id=booking.id, reason="时间有变化")
    drain()
    after = district.booking(booking.id)
    assert after.state is State.CANCELLED
    assert after.settlement in {Settlement.REFUNDING, Settlement.REFUNDED}
    [known] = district.registrations("alpha", booking.id)
    assert known["state"] == "cancelled"
    _settle_refund(district)
    assert district.booking(booking.id).settlement is Settlement.REFUNDED
    assert _differences() == []


def _settle_refund(district: District) -> None:
    """The channel finishes the refund and says so; the hub hears its notice."""
    district.deliver()
    drain()


def test_a_refused_lock_leaves_nothing_owed(district: District) -> None:
    district.his["beta"].switch("lock_refused")
    who = world.resident()
    booking = world.book("beta", world.open_session("beta"), who)
    drain()
    after = district.booking(booking.id)
    assert after.state is State.FAILED
    assert after.order_id is None
    assert _differences() == []


def test_a_registration_the_hospital_refuses_is_refunded(district: District) -> None:
    who = world.resident()
    booking = district.book("alpha", world.open_session("alpha"), who)
    district.his["alpha"].switch("reject", True, only=("register",))
    district.pay(booking, who)
    _settle_refund(district)
    after = district.booking(booking.id)
    assert (after.state, after.settlement) == (State.FAILED, Settlement.REFUNDED)
    assert _differences() == []


def test_a_lost_answer_is_resolved_by_asking_and_registers_once(district: District) -> None:
    """The HIS did the work and its answer was lost: unknown, then asked, never done twice (promise 4)."""
    who = world.resident()
    booking = district.book("alpha", world.open_session("alpha"), who)
    district.his["alpha"].switch("drop_answer", True, times=1, only=("register",))
    district.pay(booking, who)
    with clock.shifted(timedelta(minutes=1)):
        drain()
    assert district.booking(booking.id).his is His.REGISTERED
    assert len(district.registrations("alpha", booking.id)) == 1


def _expire(minutes: int) -> None:
    """Time passes, and nobody outside is asked meanwhile."""
    with clock.shifted(timedelta(minutes=minutes)):
        services.sweep()
        drain(outside=False)


def test_money_that_arrives_after_the_end_takes_the_number_again(district: District) -> None:
    """The channel could not be asked, so the hard deadline freed the hold; then the notice of the payment comes."""
    who = world.resident()
    booking = district.book("alpha", world.open_session("alpha"), who)
    district.press_pay(booking, who)
    _expire(16)
    assert district.booking(booking.id).state is State.CLOSING
    _expire(27)
    assert district.booking(booking.id).state is State.EXPIRED
    district.deliver()
    drain()
    after = district.booking(booking.id)
    assert (after.state, after.settlement) == (State.BOOKED, Settlement.PAID)
    assert _differences() == []


def test_money_that_arrives_after_the_number_went_to_another_is_refunded(district: District) -> None:
    who, other = world.resident(), world.resident()
    session = world.open_session("alpha")
    number = world.free_numbers("alpha", session)[0]
    booking = district.book("alpha", session, who, number)
    district.press_pay(booking, who)
    _expire(16)
    _expire(27)
    district.book("alpha", session, other, number)
    district.deliver()
    drain()
    _settle_refund(district)
    after = district.booking(booking.id)
    assert (after.state, after.settlement) == (State.FAILED, Settlement.REFUNDED)
    assert _differences() == []


def test_a_stopped_clinic_cancels_refunds_and_tells(district: District) -> None:
    paid, unpaid = world.resident(), world.resident()
    session = world.open_session("alpha")
    numbers = world.free_numbers("alpha", session)
    first, second = (
        district.book("alpha", session, paid, numbers[0]),
        district.book("alpha", session, unpaid, numbers[1]),
    )
    district.pay(first, paid)
    world.stop_session("alpha", session)
    drain()
    _settle_refund(district)
    after = district.booking(first.id)
    assert (after.state, after.settlement) == (State.STOPPED, Settlement.REFUNDED)
    assert district.booking(second.id).state is State.STOPPED
    for resident in (paid, unpaid):
        assert any(message.title == "预约已结束" for message in world.messages_of(resident))
    assert _differences() == []
