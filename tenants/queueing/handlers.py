"""What queues do on others' facts. All may run again."""

from __future__ import annotations

from uuid import UUID

from hub.outbox.events import RunsIn, handles
from hub.work import Unit
from institution_connectors.contracts import CheckedIn, Outcome, VisitEvent
from institution_connectors.exchange import selectors as exchange
from institution_connectors.exchange.events import CheckInAnswered, VisitEventReported
from tenants.appointments import selectors as appointments
from tenants.appointments.events import TodaysAppointmentChanged
from tenants.appointments.models import State as AppointmentState
from tenants.queueing import following, steps


@handles(TodaysAppointmentChanged, runs_in=RunsIn.HOSPITAL)
def on_appointment(event: TodaysAppointmentChanged, unit: Unit) -> None:
    """Booked or paid: in by itself (JA-APPT-14). Ended: out. Unpaid: not in."""
    view = appointments.appointment(event.booking_id)
    if view is not None and steps.is_due(view, steps.day_of(unit.now)):
        steps.enter(unit, view, how="automatic")
    elif view is None or view.state is not AppointmentState.BOOKED:
        steps.leave(unit, event.booking_id, reason=view.state.label if view else "")
    else:
        unit.audit("queueing.not_due", target=f"booking:{event.booking_id}", detail={"settlement": view.settlement})


@handles(CheckInAnswered, runs_in=RunsIn.HOSPITAL)
def on_answer(event: CheckInAnswered, unit: Unit) -> None:
    """The hospital's system took the check-in and gave its ticket; a refusal leaves ours standing."""
    mine = event.correlation.startswith(steps.CORRELATION)
    if not mine or event.outcome is not Outcome.ACCEPTED:
        outcome = str(event.outcome) if mine else "not_ours"
        unit.audit("queueing.check_in_answered", target=f"exchange:{event.exchange_id}", outcome=outcome)
        return
    told = exchange.answer(event.exchange_id).expect(CheckedIn)
    entry_id = UUID(event.correlation.removeprefix(steps.CORRELATION))
    steps.take_ticket(unit, entry_id, ticket=told.ticket, room=told.place)


@handles(VisitEventReported, runs_in=RunsIn.HOSPITAL)
def on_visit(event: VisitEventReported, unit: Unit) -> None:
    """Arrived, queued, called, missed, ended at the hospital's own system."""
    if event.kind not in following.STEPS:
        unit.audit("queueing.his_ignored", target=f"visit:{event.his_number}", detail={"kind": event.kind})
        return
    fact = exchange.fact(event.inbound_id, event.index)
    assert isinstance(fact, VisitEvent)
    following.follow(unit, fact)
