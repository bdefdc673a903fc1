"""What the hospital's own system answered, each part inside somebody's transaction; all may be run again."""

from __future__ import annotations

from dataclasses import replace

from hub.tenancy.statements import Write
from hub.work import Unit
from institution_connectors.contracts.outcomes import Reason
from institution_connectors.contracts.results import FeeQuote
from tenants.appointments import asks, steps
from tenants.appointments.events import (
    AppointmentCancelled,
    AppointmentLocked,
    AppointmentQuoted,
    AppointmentRefused,
    AppointmentRegistered,
    CancellationRefused,
    PaymentRefused,
)
from tenants.appointments.models import Appointment, HisState, Settlement, State
from tenants.scheduling import steps as scheduling

_GONE = frozenset({Reason.NO_SOURCE, Reason.CLOSED})


def locked(unit: Unit, *, hospital: str, appointment: Appointment, lock: str) -> None:
    """The HIS holds the number; a hold that ended meanwhile gives the lock straight back."""
    appointment.his_lock = lock
    if appointment.state != State.HELD:
        asks.unlock(unit, appointment)
        steps.store(unit, appointment, "appointment.lock_returned")
        return
    appointment.his_state = HisState.LOCKED
    steps.store(unit, appointment, "appointment.locked")
    unit.publish(AppointmentLocked(hospital=hospital, booking_id=appointment.id, sequence=appointment.sequence))


def quoted(unit: Unit, *, hospital: str, appointment: Appointment, quote: FeeQuote | None) -> None:
    """What the hospital asks of this person. The owner decides whether it came in time: `confirm` brings the price."""
    if appointment.state != State.HELD:
        unit.audit("appointment.quoted", target=f"appointment:{appointment.id}", outcome="late")
        return
    told = AppointmentQuoted(hospital=hospital, booking_id=appointment.id, sequence=appointment.sequence)
    if quote is not None:
        appointment.quoted_fen = quote.total_fen
        appointment.discount = quote.discount[:60]
        appointment.quote_valid_until = quote.valid_until
        told = replace(
            told, fee_fen=quote.total_fen, discount=appointment.discount, valid_until=appointment.quote_valid_until
        )
    steps.store(unit, appointment, "appointment.quoted")
    unit.publish(told)


def lock_refused(unit: Unit, *, hospital: str, appointment: Appointment, reason: Reason) -> None:
    """The HIS does not give the number; what it knows as sold or stopped is taken out of sale."""
    if appointment.state != State.HELD:
        unit.audit("appointment.lock_refused", target=f"appointment:{appointment.id}", outcome="late")
        return
    _give_up(unit, hospital, appointment, State.RELEASED, reason)


def registered(unit: Unit, learning: Write, *, hospital: str, appointment: Appointment, his_number: str) -> None:
    """The HIS holds the registration, and we learn what it calls the patient.

    If the number was given back meanwhile, the registration is cancelled again.
    """
    appointment.his_registration = his_number
    if appointment.state == State.BOOKED:
        if appointment.his_state == HisState.REGISTERING:
            appointment.his_state = HisState.REGISTERED
        steps.store(unit, appointment, "appointment.registered", learning)
        unit.publish(AppointmentRegistered(hospital=hospital, booking_id=appointment.id))
        return
    appointment.cancel_round += 1
    asks.cancel(unit, appointment)
    steps.store(unit, appointment, "appointment.registered_late", learning)


def registration_refused(unit: Unit, *, hospital: str, appointment: Appointment, reason: Reason) -> None:
    """The HIS does not take the registration: the number goes back and the owner gives the money back."""
    if appointment.state != State.BOOKED:
        unit.audit("appointment.registration_refused", target=f"appointment:{appointment.id}", outcome="late")
        return
    _give_up(unit, hospital, appointment, State.CANCELLED, reason)


def payment_refused(unit: Unit, *, hospital: str, appointment: Appointment, reason: Reason) -> None:
    """The HIS does not take the payment, so what it holds is unpaid: the owner gives the money back, and it is asked
    to cancel the registration. The number is kept until it has said yes; if it says no, the registration stands.
    """
    if appointment.state not in {State.BOOKED, State.FULFILLED} or appointment.settlement != Settlement.PAID:
        unit.audit("appointment.payment_refused", target=f"appointment:{appointment.id}", outcome="late")
        return
    appointment.settlement = Settlement.UNPAID
    appointment.payment_number = ""
    if appointment.state == State.BOOKED and appointment.his_state != HisState.CANCELLING:
        appointment.his_state = HisState.CANCELLING
        appointment.cancel_round += 1
        appointment.reason = reason.text
        asks.cancel(unit, appointment)
    steps.store(unit, appointment, "appointment.payment_refused")
    unit.publish(PaymentRefused(hospital=hospital, booking_id=appointment.id, reason=reason.text, code=reason.value))


def cancelled(unit: Unit, *, hospital: str, appointment: Appointment) -> None:
    """The HIS agreed to the cancellation."""
    appointment.his_state = HisState.CANCELLED
    if appointment.state != State.BOOKED:
        steps.store(unit, appointment, "appointment.cancelled_at_his")
        return
    scheduling.release_number(unit, holder=appointment.id)
    steps.end(unit, appointment, State.CANCELLED, appointment.reason)
    unit.publish(AppointmentCancelled(hospital=hospital, booking_id=appointment.id))


def cancel_refused(unit: Unit, *, hospital: str, appointment: Appointment, reason: str) -> None:
    """The HIS does not let the registration go; it stands."""
    appointment.his_state = HisState.REGISTERED
    steps.store(unit, appointment, "appointment.cancel_refused")
    unit.publish(CancellationRefused(hospital=hospital, booking_id=appointment.id, reason=reason))


def _give_up(unit: Unit, hospital: str, appointment: Appointment, state: State, reason: Reason) -> None:
    scheduling.release_number(unit, holder=appointment.id, withdraw=reason in _GONE)
    appointment.his_state = HisState.REFUSED
    steps.end(unit, appointment, state, reason.text)
    unit.publish(
        AppointmentRefused(
            hospital=hospital,
            booking_id=appointment.id,
            sequence=appointment.sequence,
            reason=reason.text,
            code=reason.value,
        )
    )
