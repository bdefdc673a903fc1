"""A hospital's limits per person: of a department and day, of a day, of visits still to come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import clock
from hub.errors import HubError
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from hub.work import work
from regional_services.booking import services
from regional_services.booking.models import State
from tenants.appointments import steps as appointments
from tenants.appointments.errors import AlreadyBookedToday, HospitalDayLimit, OpenLimit
from tenants.appointments.models import Appointment
from tenants.appointments.models import State as AppointmentState
from tenants.scheduling import services as scheduling
from tests.booking import world
from tests.scheduling.builders import SYNC, TOMORROW, numbers, open_hospital, schedule, session_id, snapshot

WIDE = {"limit_department_day": 16, "limit_person_day": 16, "limit_open": 16}
LIMITS = [
    ("limit_department_day", AlreadyBookedToday),
    ("limit_person_day", HospitalDayLimit),
    ("limit_open", OpenLimit),
]


@pytest.mark.parametrize(("limit", "refusal"), LIMITS)
def test_the_limit_is_the_limit_and_others_are_not_touched_by_it(
    alpha: str, limit: str, refusal: type[HubError]
) -> None:
    session, who = world.open_for_booking(alpha, 5, fee_fen=0), world.resident()
    world.limit(alpha, **{**WIDE, limit: 2})
    free = world.free_numbers(alpha, session)
    world.book(alpha, session, who, free[0])
    world.book(alpha, session, who, free[1])
    with pytest.raises(refusal):
        world.book(alpha, session, who, free[2])
    world.book(alpha, session, world.resident(), free[3])
    assert len(world.free_numbers(alpha, session)) == 2


def test_a_released_hold_makes_room(alpha: str) -> None:
    session, who = world.open_for_booking(alpha, 3), world.resident()
    free = world.free_numbers(alpha, session)
    held = world.book(alpha, session, who, free[0])
    with pytest.raises(AlreadyBookedToday):
        world.book(alpha, session, who, free[1])
    services.cancel_booking(actor=who.actor, booking_id=held.id, reason="时间有变化")
    drain(outside=False)
    assert world.book(alpha, session, who, free[1]).state is State.AWAITING_PAYMENT


def test_a_visit_whose_time_is_over_counts_no_more(alpha: str) -> None:
    """Nobody says that a patient stayed away; his next booking is not refused for it."""
    world.register_institution(alpha)
    open_hospital(alpha)
    later, who = TOMORROW + timedelta(days=3), world.resident()
    schedules = (schedule("S1", fee_fen=0), schedule("S2", day=later, fee_fen=0))
    told = snapshot(schedules, (*numbers(3), *numbers(3, "S2", day=later)))
    scheduling.apply_snapshot(alpha, told, actor=SYNC)
    drain()
    world.limit(alpha, **{**WIDE, "limit_open": 1})
    seen = world.book(alpha, session_id(alpha), who)
    second = session_id(alpha, "S2")
    with pytest.raises(OpenLimit):
        world.book(alpha, second, who)
    with clock.shifted(seen.ends_at + timedelta(minutes=1) - clock.now()):
        assert world.book(alpha, second, who).state is State.BOOKED


def test_a_released_number_is_not_taken_again_when_its_place_is_gone(alpha: str) -> None:
    """A payment that comes after the end finds the person's place taken by his next booking: it is refused."""
    session, who = world.open_for_booking(alpha), world.resident()
    free = world.free_numbers(alpha, session)
    ended = world.book(alpha, session, who, free[0])
    services.cancel_booking(actor=who.actor, booking_id=ended.id, reason="时间有变化")
    drain(outside=False)
    world.book(alpha, session, who, free[1])
    with work(alpha, actor=world.SETUP) as unit:
        appointments.confirm(unit, hospital=alpha, booking_id=ended.id, fee_fen=ended.fee_fen, payment=None)
    with hospital(alpha, read_only=True):
        assert Appointment.objects.get(id=ended.id).state == AppointmentState.RELEASED
    assert free[0].id in {number.id for number in world.free_numbers(alpha, session)}
