"""Booking a number, from the tap to the hold and back, without anybody outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.errors import NotFound
from hub.outbox.relay import drain
from regional_services.booking import access, services
from regional_services.booking.errors import CannotCancel, CannotRegister, TimeTaken
from regional_services.booking.models import Booking, Reservation, Settlement, State
from regional_services.booking.verify import verify_hospital
from tenants.appointments.errors import AlreadyBookedToday, SlotChanged
from tenants.scheduling.errors import NumberTaken
from tests.booking import world

AT_ONCE = timedelta(0)


def _state(view: object) -> Booking:
    return Booking.objects.get(id=view.id)  # type: ignore[attr-defined]


def test_a_number_with_a_fee_is_held_until_it_is_paid(alpha: str) -> None:
    session = world.open_for_booking(alpha)
    view = world.book(alpha, session, world.resident())
    assert view.state is State.AWAITING_PAYMENT
    assert view.settlement is Settlement.UNPAID
    assert view.slot.endswith("第1号")
    assert view.order_id is not None
    assert len(world.free_numbers(alpha, session)) == 2
    drain(outside=False)
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def test_the_same_command_books_once(alpha: str) -> None:
    session, who = world.open_for_booking(alpha), world.resident()
    number, command = world.free_numbers(alpha, session)[0], world.command()
    first = services.create_booking(actor=who.actor, wish=world.wish(alpha, session, who, number), command=command)
    again = services.create_booking(actor=who.actor, wish=world.wish(alpha, session, who, number), command=command)
    assert again.id == first.id
    assert Booking.objects.count() == 1


def test_a_taken_number_is_refused_and_nothing_is_left_behind(alpha: str) -> None:
    session, first, second = world.open_for_booking(alpha), world.resident(), world.resident()
    number = world.free_numbers(alpha, session)[0]
    world.book(alpha, session, first, number)
    with pytest.raises(NumberTaken):
        world.book(alpha, session, second, number)
    failed = Booking.objects.get(person_id=second.person_id)
    assert failed.state == State.FAILED
    assert not Reservation.objects.get(booking_id=failed.id).active
    drain(outside=False)
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def test_one_person_cannot_be_in_two_hospitals_at_once(alpha: str, beta: str) -> None:
    here, there, who = world.open_for_booking(alpha), world.open_for_booking(beta), world.resident()
    world.book(alpha, here, who)
    with pytest.raises(TimeTaken):
        world.book(beta, there, who)


def test_the_same_department_on_the_same_day_only_once(alpha: str) -> None:
    session, who = world.open_for_booking(alpha), world.resident()
    numbers = world.free_numbers(alpha, session)
    world.book(alpha, session, who, numbers[0])
    with pytest.raises(AlreadyBookedToday):
        world.book(alpha, session, who, numbers[2])


def test_a_number_at_another_time_than_shown_is_not_taken(alpha: str) -> None:
    session, who = world.open_for_booking(alpha), world.resident()
    number = world.free_numbers(alpha, session)[0]
    wish = world.wish(alpha, session, who, number)
    moved = replace(wish, starts_at=wish.starts_at + timedelta(minutes=5))
    with pytest.raises(SlotChanged):
        services.create_booking(actor=who.actor, wish=moved, command=world.command())
    assert len(world.free_numbers(alpha, session)) == 3


def test_an_unpaid_hold_is_given_back_when_the_resident_cancels(alpha: str) -> None:
    session, who = world.open_for_booking(alpha), world.resident()
    view = world.book(alpha, session, who)
    services.cancel_booking(actor=who.actor, booking_id=view.id, reason="时间有变化")
    drain(outside=False)
    assert _state(view).state == State.CANCELLED
    assert len(world.free_numbers(alpha, session)) == 3
    assert verify_hospital(alpha, quiet=AT_ONCE) == []
    with pytest.raises(CannotCancel):
        services.cancel_booking(actor=who.actor, booking_id=view.id, reason="再取消")


def test_an_unpaid_hold_ends_at_its_deadline(alpha: str) -> None:
    session, who = world.open_for_booking(alpha), world.resident()
    view = world.book(alpha, session, who)
    assert services.sweep() == 0
    with clock.shifted(timedelta(minutes=16)):
        assert services.sweep() == 1
        drain(outside=False)
    assert _state(view).state == State.EXPIRED
    assert len(world.free_numbers(alpha, session)) == 3


def test_a_free_number_is_booked_at_once(alpha: str) -> None:
    session = world.open_for_booking(alpha, fee_fen=0)
    view = world.book(alpha, session, world.resident())
    assert view.state is State.BOOKED
    assert view.settlement is Settlement.FREE
    assert view.order_id is None


@pytest.mark.requirement("JA-APPT-03", "JA-APPT-07")
def test_book_now_pay_on_the_day(alpha: str) -> None:
    """The booking stands unpaid; registering is offered on the visit day only, and twice gives the same order."""
    session, who = world.open_for_booking(alpha, pay_on_day=True), world.resident()
    view = world.book(alpha, session, who)
    assert view.state is State.BOOKED
    assert view.settlement is Settlement.UNPAID
    with pytest.raises(CannotRegister):
        services.register_booking(actor=who.actor, booking_id=view.id)
    with clock.shifted(view.starts_at - timedelta(hours=1) - clock.now()):
        first = services.register_booking(actor=who.actor, booking_id=view.id)
        second = services.register_booking(actor=who.actor, booking_id=view.id)
    assert first.order_id is not None
    assert first.order_id == second.order_id
    with clock.shifted(view.starts_at - timedelta(minutes=10) - clock.now()), pytest.raises(CannotRegister):
        services.register_booking(actor=who.actor, booking_id=view.id)


def test_a_stranger_sees_no_booking(alpha: str) -> None:
    session, who, stranger = world.open_for_booking(alpha), world.resident(), world.resident()
    view = world.book(alpha, session, who)
    with pytest.raises(NotFound):
        access.own_booking(stranger.actor, view.id)
    with pytest.raises(NotFound):
        services.cancel_booking(actor=stranger.actor, booking_id=view.id, reason="不是我的")
    assert _state(view).state == State.AWAITING_PAYMENT
    wish = world.wish(alpha, session, who, world.free_numbers(alpha, session)[0])
    with pytest.raises(NotFound):
        services.create_booking(actor=stranger.actor, wish=wish, command=world.command())


@pytest.mark.parametrize("crash_after", ["reserve", "hold"])
def test_a_crash_between_the_transactions_is_taken_up_from_its_state(
    alpha: str, crash_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, who = world.open_for_booking(alpha), world.resident()
    real = services._hold

    def crash(*args: object) -> object:
        if crash_after == "hold":
            real(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(services, "_hold", crash)
        with pytest.raises(KeyboardInterrupt):
            world.book(alpha, session, who)
    assert Booking.objects.get().state == State.NEW
    with clock.shifted(timedelta(seconds=6)):
        services.sweep()
    booking = Booking.objects.get()
    assert booking.state == State.AWAITING_PAYMENT
    assert len(world.free_numbers(alpha, session)) == 2
    drain(outside=False)
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def test_a_booking_costs_at_most_25_statements(alpha: str) -> None:
    """BEGIN and COMMIT count (issue 2, aim (a)); the first booking warms caches and makes the archive."""
    session, who = world.open_for_booking(alpha), world.resident()
    first = world.book(alpha, session, who)
    services.cancel_booking(actor=who.actor, booking_id=first.id, reason="预热")
    drain(outside=False)
    number = world.free_numbers(alpha, session)[0]
    with (
        CaptureQueriesContext(connections["default"]) as public,
        CaptureQueriesContext(connections["hospital"]) as inside,
    ):
        world.book(alpha, session, who, number)
    statements = [query["sql"] for query in (*public.captured_queries, *inside.captured_queries)]
    assert len(statements) <= 25, "\n".join(text[:150] for text in statements)
