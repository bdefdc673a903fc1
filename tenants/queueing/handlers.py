"""What queues do on others' facts. All may run again."""

from __future__ import annotations

from hub.outbox.events import RunsIn, handles
from hub.work import Unit
from tenants.appointments import selectors as appointments
from tenants.appointments.events import TodaysAppointmentChanged
from tenants.appointments.models import State as AppointmentState
from tenants.queueing import steps
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
