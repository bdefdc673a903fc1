"""What appointments do on the hospital's answers and on stopped clinics. All may run again."""

from __future__ import annotations

from uuid import UUID

from hub.outbox.events import RunsIn, handles
from hub.tenancy.statements import Join
from hub.work import Unit
from institution_connectors.contracts.inbound import VisitFact
from institution_connectors.contracts.operations import Operation
from institution_connectors.contracts.outcomes import Answer, Outcome, Reason
from institution_connectors.contracts.results import FeeQuote, Locked, Registered
from institution_connectors.exchange import selectors as exchange
from institution_connectors.exchange.events import (
    ExchangeAnswered,
    MedicineDispatchedReported,
    MedicineReadyReported,
    VisitEventReported,
    VisitReported,
)
from tenants.appointments import answers, steps, visits
from tenants.appointments.models import Appointment
from tenants.patients import steps as patients
from tenants.scheduling.events import SessionAltered, SessionsStopped

PREFIX = "booking:"
# The appointment, locked until the transaction ends, and the answer that is about it.
_ANSWERED = Join(
    (Appointment,),
    "appointment.id = %(id)s FOR UPDATE OF appointment",
    perhaps=exchange.answer_beside("exchange"),
)


@handles(ExchangeAnswered, runs_in=RunsIn.HOSPITAL)
def on_answer(event: ExchangeAnswered, unit: Unit) -> None:
    """The HIS answered an ask of an appointment; unknown outcomes are the exchange's to resolve, not ours to guess."""
    action = _ACTIONS.get(Operation(event.operation))
    if action is None or not event.correlation.startswith(PREFIX) or event.outcome == Outcome.UNKNOWN:
        unit.audit("appointment.answer_ignored", target=f"exchange:{event.exchange_id}")
        return
    found = _ANSWERED.first(id=UUID(event.correlation.removeprefix(PREFIX)), exchange=event.exchange_id)
    if found is None:
        unit.audit("appointment.answer_ignored", target=f"exchange:{event.exchange_id}", outcome="unknown_here")
        return
    appointment, ask = found
    action(unit, event.hospital, appointment, exchange.answer_in(ask))


def _locked(unit: Unit, hospital: str, appointment: Appointment, answer: Answer) -> None:
    if answer.outcome is Outcome.ACCEPTED:
        answers.locked(unit, hospital=hospital, appointment=appointment, lock=answer.expect(Locked).lock_code)
    else:
        answers.lock_refused(unit, hospital=hospital, appointment=appointment, reason=answer.reason)


def _quoted(unit: Unit, hospital: str, appointment: Appointment, answer: Answer) -> None:
    quote = answer.expect(FeeQuote) if answer.outcome is Outcome.ACCEPTED else None
    answers.quoted(unit, hospital=hospital, appointment=appointment, quote=quote)


def _registered(unit: Unit, hospital: str, appointment: Appointment, answer: Answer) -> None:
    if answer.outcome is Outcome.ACCEPTED:
        registered = answer.expect(Registered)
        learning = patients.learning(unit, archive_id=appointment.archive_id, his_patient_id=registered.his_patient_id)
        answers.registered(unit, learning, hospital=hospital, appointment=appointment, his_number=registered.his_number)
    else:
        answers.registration_refused(unit, hospital=hospital, appointment=appointment, reason=answer.reason)


def _paid(unit: Unit, hospital: str, appointment: Appointment, answer: Answer) -> None:
    if answer.outcome is Outcome.ACCEPTED:
        unit.audit("appointment.payment_told", target=f"appointment:{appointment.id}")
    else:
        answers.payment_refused(unit, hospital=hospital, appointment=appointment, reason=answer.reason)


def _cancelled(unit: Unit, hospital: str, appointment: Appointment, answer: Answer) -> None:
    absent = answer.reason in {Reason.NOT_FOUND, Reason.NOT_DONE}
    if answer.outcome is Outcome.ACCEPTED or absent:
        answers.cancelled(unit, hospital=hospital, appointment=appointment)
    else:
        answers.cancel_refused(unit, hospital=hospital, appointment=appointment, reason=answer.reason.text)


_ACTIONS = {
    Operation.LOCK_NUMBER: _locked,
    Operation.QUOTE_FEE: _quoted,
    Operation.REGISTER: _registered,
    Operation.PAY_REGISTRATION: _paid,
    Operation.CANCEL_REGISTRATION: _cancelled,
}


@handles(SessionsStopped, runs_in=RunsIn.HOSPITAL)
def on_stopped(event: SessionsStopped, unit: Unit) -> None:
    """Clinics were stopped: their appointments end, and the owners of the bookings are told.

    Where a doctor left in the middle, those who have come and wait keep their numbers and are the desk's.
    """
    to_desk: tuple[UUID, ...] = ()
    if event.partial:
        to_desk = steps.send_to_desk(
            unit, hospital=event.hospital, booking_ids=(*event.holders, *event.earlier), reason=event.reason
        )
    stopped = tuple(holder for holder in event.holders if holder not in to_desk)
    ended = steps.stop(unit, hospital=event.hospital, booking_ids=stopped, reason=event.reason)
    unit.audit(
        "appointment.clinics_stopped",
        target=f"session:{event.session_ids[0]}",
        detail={"ended": ended, "to_desk": len(to_desk)},
    )


@handles(VisitEventReported, runs_in=RunsIn.HOSPITAL)
def on_visit_event(event: VisitEventReported, unit: Unit) -> None:
    """The patient arrived, or was seen; being called and missed are the queue's."""
    _of_visit(event, unit)


@handles(MedicineReadyReported, runs_in=RunsIn.HOSPITAL)
def on_medicine_ready(event: MedicineReadyReported, unit: Unit) -> None:
    """Medicine waits at a window."""
    _of_visit(event, unit)


@handles(MedicineDispatchedReported, runs_in=RunsIn.HOSPITAL)
def on_medicine_dispatched(event: MedicineDispatchedReported, unit: Unit) -> None:
    """Medicine was given to a courier."""
    _of_visit(event, unit)


def _of_visit(event: VisitReported, unit: Unit) -> None:
    """Patients of the hospital's own window have no appointment here: there is nobody to tell."""
    appointment = steps.lock_visit(event.registration_number, event.his_number)
    fact = exchange.fact(event.inbound_id, event.index)
    if appointment is None or not isinstance(fact, VisitFact):
        unit.audit("appointment.visit_ignored", target=f"inbound:{event.inbound_id}", outcome="unknown_here")
        return
    visits.follow(unit, hospital=event.hospital, appointment=appointment, fact=fact)


@handles(SessionAltered, runs_in=RunsIn.HOSPITAL)
def on_altered(event: SessionAltered, unit: Unit) -> None:
    """A clinic takes place otherwise: the appointments follow, the owners of the bookings ask their people."""
    told = steps.alter(unit, event)
    unit.audit("appointment.clinic_altered", target=f"session:{event.session_id}", detail={"told": told})
