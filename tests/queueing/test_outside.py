"""The hospital's own system as the caller, and as the one that hears the hub's (ADR 1070)."""

from __future__ import annotations

from uuid import UUID

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from hub.work import work
from institution_connectors.contracts import VisitEvent, VisitEventKind
from regional_services.booking.models import Booking, State
from tenants.appointments import selectors as appointments
from tenants.appointments import steps as appointment_steps
from tenants.appointments import visits
from tenants.queueing import services, timekeeping
from tenants.queueing.errors import CalledElsewhere
from tenants.queueing.models import EntryState
from tenants.queueing.rules import Caller, Rules
from tests.booking.world import SETUP
from tests.queueing.world import Clinic, at_clinic, clinic, staff

KIND = VisitEventKind


def let_the_hospital_call(code: str) -> None:
    """The hospital chose its own system."""
    rules = Rules(caller=Caller.HOSPITAL)
    services.set_rules(actor=staff(code, Role.HOSPITAL_MANAGER), hospital=code, rules=rules, effective_from=clock.now())


def tell(day: Clinic, index: int, *kinds: VisitEventKind, room: str = "5诊室", ticket: str = "") -> None:
    """What its system says of one of the people."""
    booking: UUID = day.bookings[index]
    for kind in kinds:
        fact = VisitEvent(occurred_at=clock.now(), his_number="G1", kind=kind, place=room, ticket=ticket)
        with work(day.code, actor=SETUP) as unit:
            appointment = appointment_steps.lock_row(booking)
            assert appointment is not None
            visits.follow(unit, hospital=day.code, appointment=appointment, fact=fact)
        drain(outside=False)


def booked(day: Clinic, index: int) -> State:
    """What became of his booking."""
    return State(Booking.objects.get(id=day.bookings[index]).state)


def states(day: Clinic) -> list[EntryState]:
    """Where everybody stands."""
    return [day.entry(index).state for index in range(len(day.bookings))]


def test_the_hospitals_caller_leads_the_line_and_the_hub_does_not(alpha: str) -> None:
    """Called, called again, passed, back, ended, in its order; the hub's page refuses, its clock keeps still."""
    day = clinic(alpha, 4)
    with at_clinic(8):
        let_the_hospital_call(alpha)
        timekeeping.enter_day(alpha)
        drain(outside=False)
        tell(day, 0, KIND.ARRIVED)
        assert day.entry(0).present_at is not None
        tell(day, 1, KIND.ARRIVED, KIND.CALLED, ticket="B017")
        called = day.entry(1)
        assert (called.state, called.station, called.ticket) == (EntryState.CALLED, "5诊室", "B017")
        assert day.told(1, "queue.called") == 1
        with pytest.raises(CalledElsewhere):
            services.call_next(actor=day.doctor, hospital=alpha, queue_id=day.queue_id, station="3诊室", expected=None)
        with pytest.raises(CalledElsewhere):
            services.skip(actor=day.doctor, hospital=alpha, entry_id=called.id)
        tell(day, 1, KIND.CALLED)
        assert (day.told(1, "queue.unanswered"), day.told(1, "queue.called")) == (1, 2)
        tell(day, 1, KIND.MISSED)
        tell(day, 1, KIND.MISSED)  # told again, nobody hears it twice
        assert (day.entry(1).state, day.told(1, "queue.passed")) == (EntryState.PASSED, 1)
        tell(day, 0, KIND.CALLED)
        tell(day, 2, KIND.CALLED)  # into the same room, before the end of the visit was told
        assert states(day)[:3] == [EntryState.DONE, EntryState.PASSED, EntryState.CALLED]
        assert booked(day, 0) is State.BOOKED  # that a visit ended is the hospital's word to give
        tell(day, 0, KIND.VISIT_ENDED)
        assert booked(day, 0) is State.FULFILLED
        tell(day, 1, KIND.CALLED, room="6诊室")
        assert day.entry(1).state is EntryState.CALLED
    with at_clinic(11):
        assert timekeeping.tick(alpha) == 0
        assert day.entry(3).state is EntryState.WAITING
        tell(day, 2, KIND.VISIT_ENDED)
        assert day.entry(2).state is EntryState.DONE


def test_where_the_hub_calls_a_stray_call_of_the_hospitals_moves_nobody(alpha: str) -> None:
    """But that somebody came, and was seen, are facts whoever tells them."""
    day = clinic(alpha, 2)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        drain(outside=False)
        tell(day, 0, KIND.CALLED, KIND.MISSED)
        assert states(day) == [EntryState.WAITING] * 2
        tell(day, 0, KIND.ARRIVED, KIND.VISIT_ENDED)
        assert states(day) == [EntryState.DONE, EntryState.WAITING]
        assert day.told(0, "survey.invited") == 1


def test_a_visit_that_ends_at_the_hubs_page_has_ended(alpha: str) -> None:
    """The appointment is fulfilled and the survey goes out, as if the hospital had said so."""
    day = clinic(alpha, 1)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0)
        assert day.call() == 0
        services.finish(actor=day.doctor, hospital=alpha, entry_id=day.entry(0).id)
        drain(outside=False)
        assert booked(day, 0) is State.FULFILLED
        with hospital(alpha, read_only=True):
            appointment = appointments.appointment(day.bookings[0])
            assert appointment is not None
            assert appointment.state == "fulfilled"
        assert day.told(0, "survey.invited") == 1
