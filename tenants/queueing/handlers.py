"""What queues do on others' facts. All may run again."""

from __future__ import annotations

from hub.outbox.events import RunsIn, handles
from hub.work import Unit
from tenants.appointments import selectors as appointments
from tenants.appointments.events import TodaysAppointmentChanged, VisitEnded, VisitStepTold
from tenants.appointments.models import State as AppointmentState
from tenants.queueing import outside, steps
from tenants.queueing.events import EntryCalled, EntryPassed, VisitFinished
from tenants.queueing.models import PresentBy


@handles(TodaysAppointmentChanged, runs_in=RunsIn.HOSPITAL)
def on_appointment(event: TodaysAppointmentChanged, unit: Unit) -> None:
    """Booked or paid: in by itself (JA-APPT-14). There: present. Ended: out. Unpaid: not in."""
    view = appointments.appointment(event.booking_id)
    if view is not None and steps.is_due(view, steps.day_of(unit.now)):
        entry = steps.enter(unit, view, how="automatic")
        if view.present_at is not None and entry.present_at is None:
            steps.mark_present(unit, entry, by=PresentBy.SELF)
    elif view is None or view.state is not AppointmentState.BOOKED:
        steps.leave(unit, event.booking_id, reason=view.state.label if view else "")
    else:
        unit.audit("queueing.not_due", target=f"booking:{event.booking_id}", detail={"settlement": view.settlement})


@handles(VisitStepTold, runs_in=RunsIn.HOSPITAL)
def on_step(event: VisitStepTold, unit: Unit) -> None:
    """The hospital's own system called, or passed somebody."""
    outside.follow(unit, event)


@handles(VisitEnded, runs_in=RunsIn.HOSPITAL)
def on_visit_ended(event: VisitEnded, unit: Unit) -> None:
    """Seen, by whoever's word: out of the line."""
    steps.end(unit, event.booking_id)


@handles(EntryCalled, runs_in=RunsIn.HOSPITAL)
def tell_called(event: EntryCalled, unit: Unit) -> None:
    """The hospital hears whom the hub's caller called."""
    outside.tell_called(unit, event)


@handles(EntryPassed, runs_in=RunsIn.HOSPITAL)
def tell_passed(event: EntryPassed, unit: Unit) -> None:
    """And whom the hub passed."""
    outside.tell_passed(unit, event)


@handles(VisitFinished, runs_in=RunsIn.HOSPITAL)
def tell_finished(event: VisitFinished, unit: Unit) -> None:
    """And who has been seen."""
    outside.tell_finished(unit, event)
