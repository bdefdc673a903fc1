"""A clinic's day: entering by itself, being there, being called, passed, sent away, transferred, told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from hub import clock
from hub.actor import Actor
from hub.errors import Forbidden, HubError
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.work import work
from regional_services.booking.models import Booking
from regional_services.waiting.models import Place
from tenants.appointments import steps as appointments
from tenants.queueing import services, timekeeping
from tenants.queueing.errors import CallTooSoon, EntryNotFound, NobodyWaiting, NotToday, QueueNotOpen, StaleCall
from tenants.queueing.models import EntryState, PresentBy
from tenants.queueing.rules import Priority, Rules
from tenants.scheduling.models import Session
from tests.booking.world import SETUP
from tests.queueing.world import OLD, ROOM, Clinic, at_clinic, clinic, pay_at_channel, staff


def _rules(code: str, **changes: object) -> None:
    manager = staff(code, Role.HOSPITAL_MANAGER)
    rules = replace(Rules(), **changes)  # type: ignore[arg-type]
    services.set_rules(actor=manager, hospital=code, rules=rules, effective_from=clock.now())


@pytest.mark.requirement("JA-QUEUE-01", "JA-APPT-02")
def test_free_bookings_enter_their_queue_by_booked_time(alpha: str) -> None:
    """On the morning of the day, without anybody's hand; again changes nothing, and a crash's gap is filled."""
    day = clinic(alpha, 3)
    assert timekeeping.enter_day(alpha) == 0  # the day before nobody is due
    with at_clinic(6):
        assert timekeeping.enter_day(alpha) == 3
        assert timekeeping.enter_day(alpha) == 0
        drain(outside=False)
        board = day.board()
        assert [one.booking_id for one in board.missing] == list(day.bookings)
        assert board.line == ()  # checked in is not present (practice 14)
        assert [one.ticket for one in board.missing] == ["001", "002", "003"]
        assert Place.objects.count() == 3


@pytest.mark.requirement("JA-APPT-14")
def test_a_paid_one_enters_and_an_unpaid_one_does_not(alpha: str) -> None:
    """Paying on the day brings him in at once."""
    day = clinic(alpha, 2, fee_fen=5000, pay_on_day=True)
    with at_clinic(7):
        assert timekeeping.enter_day(alpha) == 0
        pay_at_channel(alpha, day.bookings[0])
        assert [one.booking_id for one in day.board().missing] == [day.bookings[0]]
        assert timekeeping.enter_day(alpha) == 0


def test_who_cancels_leaves_the_line(alpha: str) -> None:
    """The hospital gives the number back; nobody calls it any more."""
    day = clinic(alpha, 2)
    with at_clinic(7):
        timekeeping.enter_day(alpha)
        with work(alpha, actor=SETUP) as unit:
            appointments.stop(unit, hospital=alpha, booking_ids=(day.bookings[0],), reason="停诊")
        drain(outside=False)
        assert day.entry(0).state is EntryState.LEFT
        assert Place.objects.get(booking_id=day.bookings[0]).state == EntryState.LEFT


def test_one_key_calls_one_after_the_other_and_finishes_who_is_inside(alpha: str) -> None:
    """By booked time, elders put forward; the last one leaves the room empty."""
    day = clinic(alpha, 4, born=(date_young(), date_young(), date_young(), OLD))
    with at_clinic(7, 30):
        timekeeping.enter_day(alpha)
        with pytest.raises(NobodyWaiting):
            day.call()
        day.arrive(0, 1, 2, 3)
        assert day.entry(3).priority is Priority.ELDER_80
        # Booked for 08:45, forty minutes forward: before the one of 08:15.
        assert day.line() == [0, 3, 1, 2]
        assert [day.call() for _ in range(5)] == [0, 3, 1, 2, None]
        assert {day.entry(index).state for index in range(4)} == {EntryState.DONE}
        assert {Booking.objects.get(id=one).state for one in day.bookings} == {"fulfilled"}


def date_young() -> date:
    """Somebody of no special age."""
    return clock.today().replace(year=clock.today().year - 30)


def test_a_key_pressed_on_an_old_page_calls_nobody(alpha: str) -> None:
    """The page says who it shows inside; a second press finds another and stops."""
    day = clinic(alpha, 3)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0, 1, 2)
        assert day.call() == 0
        press = {"actor": day.doctor, "hospital": alpha, "queue_id": day.queue_id, "station": ROOM}
        with pytest.raises(StaleCall):
            services.call_next(**press, expected=None)  # type: ignore[arg-type]
        services.call_next(**press, expected=day.entry(0).id)  # type: ignore[arg-type]
        with pytest.raises(StaleCall):
            services.call_next(**press, expected=day.entry(0).id)  # type: ignore[arg-type]
        assert [day.index_of(one.id) for one in day.board().active] == [1]


@pytest.mark.requirement("JA-QUEUE-02")
def test_the_clock_passes_who_is_missing_and_the_next_is_called(alpha: str) -> None:
    """Once his time has run out in a queue that has come so far; told once; who sits there is never passed."""
    day = clinic(alpha, 4)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0, 2, 3)
        day.call()
    with at_clinic(8, 41):
        # 08:30 still waits in the room: the doctor is late, and number 2 (08:15 to 08:30) is not.
        assert timekeeping.tick(alpha) == 0 or day.entry(1).state is EntryState.WAITING
        assert day.call() == 2
    with at_clinic(8, 56):
        timekeeping.tick(alpha)
        drain(outside=False)
        assert day.entry(1).state is EntryState.PASSED
        assert day.entry(3).state is EntryState.WAITING
        timekeeping.tick(alpha)
        drain(outside=False)
        assert day.told(1, "queue.passed") == 1
        assert day.call() == 3


def test_who_was_passed_comes_back_some_places_behind(alpha: str) -> None:
    """The late rule: three calls of others, then his turn."""
    day = clinic(alpha, 6)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0)
        day.call()
    with at_clinic(8, 45):
        timekeeping.tick(alpha)
        assert day.entry(1).state is EntryState.PASSED
        day.arrive(2, 3, 4, 5)
        day.arrive(1)
        assert day.entry(1).was_late
        assert day.line() == [2, 3, 4, 1, 5]


def test_somebody_who_is_there_is_passed_only_after_an_unanswered_call(alpha: str) -> None:
    """Called, not come, reminded once; recalled or waited for; passed, told once with what he can do; back in line."""
    day = clinic(alpha, 5)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0, 1, 2, 3, 4)
        day.call()
        first = day.entry(0)
        with pytest.raises(CallTooSoon):
            services.skip(actor=day.doctor, hospital=alpha, entry_id=first.id)
        services.recall(actor=day.doctor, hospital=alpha, entry_id=first.id)
        drain(outside=False)
        assert day.told(0, "queue.unanswered") == 1
        services.skip(actor=day.doctor, hospital=alpha, entry_id=first.id)
        drain(outside=False)
        assert day.entry(0).state is EntryState.PASSED
        assert day.told(0, "queue.passed") == 1
        assert day.call() == 1
        day.arrive(0)  # back at the desk
        assert day.line() == [2, 3, 4, 0]


def test_a_silent_call_is_noticed_by_the_clock_but_not_of_somebody_inside(alpha: str) -> None:
    """After ninety seconds; whoever came in gets no reminder."""
    day = clinic(alpha, 2)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0, 1)
        day.call(station="1诊室")
        day.call(station="2诊室")
        services.answer(actor=day.doctor, hospital=alpha, entry_id=day.entry(1).id)
        timekeeping.tick(alpha)
        drain(outside=False)
        assert day.told(0, "queue.unanswered") == 0
    with at_clinic(8, 3):
        for _ in range(2):
            timekeeping.tick(alpha)
            drain(outside=False)
        assert day.told(0, "queue.unanswered") == 1
        assert day.told(1, "queue.unanswered") == 0


@pytest.mark.requirement("JA-APPT-15")
def test_room_and_number_are_told_when_set_and_when_changed_and_the_turn_once(alpha: str) -> None:
    """Each fact once, whatever is delivered twice."""
    day = clinic(alpha, 6)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        drain(outside=False)
        assert day.told(5, "queue.placed") == 1
        day.arrive(*range(6))
        assert day.told(5, "queue.near") == 0
        assert day.told(2, "queue.near") == 1
        day.call()
        day.call()
        assert day.told(5, "queue.near") == 1
        assert day.told(0, "queue.called") == 1
        with work(alpha, actor=SETUP) as unit:
            _move_session(alpha, day, "5诊室")
            unit.audit("test.moved", target="session")
        timekeeping.tick(alpha)
        drain(outside=False)
        assert day.told(5, "queue.placed") == 2
        assert Place.objects.get(booking_id=day.bookings[5]).room == "5诊室"
        timekeeping.tick(alpha)
        drain(outside=False)
        assert day.told(5, "queue.placed") == 2


def _move_session(code: str, day: Clinic, room: str) -> None:
    Session.objects.filter(id=day.session).update(room=room)


def test_back_from_an_examination_he_goes_first_after_two_others(alpha: str) -> None:
    """Whoever was inside already does not begin anew."""
    day = clinic(alpha, 5)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(*range(5))
        day.call()
        services.send_away(actor=day.doctor, hospital=alpha, entry_id=day.entry(0).id)
        assert day.call() == 1
        services.come_back(actor=day.nurse, hospital=alpha, entry_id=day.entry(0).id)
        assert day.line() == [2, 3, 0, 4]


def test_transfer_pause_resume_and_call_out_of_turn(alpha: str) -> None:
    """What the desk and the doctor may do besides."""
    day = clinic(alpha, 3)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0, 1, 2)
        services.pause(actor=day.nurse, hospital=alpha, queue_id=day.queue_id, reason="医生急会诊")
        with pytest.raises(QueueNotOpen):
            day.call()
    with at_clinic(8, 20):
        services.resume(actor=day.nurse, hospital=alpha, queue_id=day.queue_id)
        services.call_one(actor=day.doctor, hospital=alpha, entry_id=day.entry(2).id, station=ROOM)
        assert [day.index_of(one.id) for one in day.board().active] == [2]
        services.set_priority(
            actor=day.nurse, hospital=alpha, entry_id=day.entry(1).id, priority=Priority.EMERGENCY, reason="胸痛"
        )
        assert day.line() == [1, 0]


def test_checking_in_is_for_the_day(alpha: str) -> None:
    """Neither the day before nor a stranger's number."""
    day = clinic(alpha, 1)
    with pytest.raises(NotToday):
        services.check_in_at_desk(actor=day.nurse, hospital=alpha, booking_id=day.bookings[0])
    with at_clinic(8):
        day.arrive(0)
        assert day.entry(0).present_by == PresentBy.DESK


def test_automatic_presence_by_the_hospitals_choice(alpha: str) -> None:
    """From the opening of check-in on everybody counts as there, and is passed only after a call."""
    day = clinic(alpha, 2)
    with at_clinic(7, 5):
        _rules(alpha, auto_present=True)
        timekeeping.enter_day(alpha)
        timekeeping.tick(alpha)
        assert day.line() == [0]
    with at_clinic(7, 20):
        timekeeping.tick(alpha)
        assert day.line() == [0, 1]


ACTS: tuple[Callable[[Clinic, Actor], object], ...] = (
    lambda day, actor: services.call_next(
        actor=actor,
        hospital=day.code,
        queue_id=day.queue_id,
        station=ROOM,
        expected=None,
    ),
    lambda day, actor: services.pause(actor=actor, hospital=day.code, queue_id=day.queue_id, reason="x"),
    lambda day, actor: services.check_in_at_desk(actor=actor, hospital=day.code, booking_id=day.bookings[0]),
    lambda day, actor: services.set_rules(
        actor=actor,
        hospital=day.code,
        rules=Rules(),
        effective_from=clock.now(),
    ),
)


def test_who_lacks_the_permission_is_refused(alpha: str, beta: str) -> None:
    """A pharmacist of the house, and another hospital's entries are not found."""
    day = clinic(alpha, 1)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        for act in ACTS:
            with pytest.raises(Forbidden):
                act(day, staff(alpha, Role.PHARMACIST))
        entry = day.entry(0).id
        with pytest.raises((EntryNotFound, HubError)):
            services.recall(actor=staff(beta, Role.DOCTOR), hospital=beta, entry_id=entry)
        with pytest.raises(EntryNotFound):
            services.recall(actor=day.doctor, hospital=alpha, entry_id=uuid4())
