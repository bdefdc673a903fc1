"""What the hospital tells of a visit, in its own transaction: arriving, ending, medicine. All may be told again."""

from __future__ import annotations

from hub.work import Unit
from institution_connectors.contracts import inbound as contracts
from tenants.appointments import steps
from tenants.appointments.events import MedicineDispatched, MedicineReady, VisitStepTold
from tenants.appointments.models import Appointment, State

_VISITED = frozenset({State.BOOKED, State.FULFILLED})


def follow(unit: Unit, *, hospital: str, appointment: Appointment, fact: contracts.VisitFact) -> None:
    """What one fact does to an appointment the caller has locked; nothing to one that was given back."""
    if appointment.state not in _VISITED:
        unit.audit("appointment.visit_ignored", target=f"appointment:{appointment.id}", outcome=appointment.state)
        return
    match fact:
        case contracts.VisitEvent(kind=contracts.VisitEventKind.ARRIVED):
            steps.mark_present(unit, appointment.id, told=True)
        case contracts.VisitEvent(kind=contracts.VisitEventKind.VISIT_ENDED):
            steps.end_visit(unit, appointment, ended_at=fact.occurred_at)
        case contracts.VisitEvent():
            unit.audit(f"appointment.{fact.kind}", target=f"appointment:{appointment.id}")
            unit.publish(
                VisitStepTold(
                    hospital=hospital,
                    booking_id=appointment.id,
                    kind=fact.kind,
                    room=fact.place,
                    ticket=fact.ticket,
                )
            )
        case contracts.MedicineReady():
            unit.audit("appointment.medicine_ready", target=f"appointment:{appointment.id}")
            unit.publish(
                MedicineReady(
                    hospital=hospital,
                    booking_id=appointment.id,
                    window=fact.window,
                    place=fact.place,
                    dispensing_number=fact.dispensing_number,
                )
            )
        case contracts.MedicineDispatched():
            unit.audit("appointment.medicine_dispatched", target=f"appointment:{appointment.id}")
            unit.publish(
                MedicineDispatched(
                    hospital=hospital,
                    booking_id=appointment.id,
                    carrier=fact.carrier,
                    tracking_number=fact.tracking_number,
                    dispensing_number=fact.dispensing_number,
                )
            )
