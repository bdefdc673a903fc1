"""Parts of an appointment's life, each inside somebody's transaction in the hospital's schema, never durable.

All of them may be run again: a repeat finds the state it left and gives the same answer. The HIS is never called from
here; asks are committed rows that the exchange carries out (kernel decision 5).
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import IntegrityError, transaction

from hub import clock
from hub.work import Unit
from institution_connectors.contracts.outcomes import Reason
from institution_connectors.contracts.results import FeeQuote
from tenants.appointments import asks, places
from tenants.appointments.asks import PaymentFacts
from tenants.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentLocked,
    AppointmentQuoted,
    AppointmentRefused,
    AppointmentRegistered,
    AppointmentReleased,
    AppointmentStopped,
    CancellationRefused,
    TodaysAppointmentChanged,
)
from tenants.appointments.models import ACTIVE, Appointment, HisState, Settlement, State
from tenants.registry import selectors as registry
from tenants.scheduling import steps as scheduling
from tenants.scheduling.errors import NumberTaken

_MUTABLE = [
    "state",
    "settlement",
    "fee_fen",
    "quoted_fen",
    "discount",
    "quote_valid_until",
    "his_state",
    "his_lock",
    "his_registration",
    "payment_number",
    "cancel_round",
    "reason",
    "updated_at",
]
_GONE = frozenset({Reason.NO_SOURCE, Reason.CLOSED})


def lock_row(booking_id: UUID) -> Appointment | None:
    """The appointment, locked until the transaction ends."""
    return Appointment.objects.select_for_update().filter(id=booking_id).first()


def confirm(unit: Unit, *, hospital: str, booking_id: UUID, fee_fen: int, payment: PaymentFacts | None) -> None:
    """Make the hold a booking at the price agreed, or record the payment of one that stands unpaid; then tell the HIS.

    A hold already given back is claimed again if its number is still free; otherwise the owner is told REFUSED.
    """
    appointment = lock_row(booking_id)
    if appointment is None or appointment.state in {State.CANCELLED, State.STOPPED}:
        _refuse(unit, hospital, booking_id, appointment, "该号已不可用")
        return
    if appointment.state == State.BOOKED:
        _record_payment(unit, appointment, payment)
        _publish_booked(unit, hospital, appointment)
        return
    if appointment.state == State.RELEASED and not _claim_again(unit, appointment):
        _refuse(unit, hospital, booking_id, appointment, "支付超时，该号已被他人预约")
        return
    appointment.state = State.BOOKED
    appointment.fee_fen = fee_fen
    appointment.settlement = Settlement.UNPAID if fee_fen else Settlement.FREE
    if payment:
        appointment.payment_number = payment.number
        appointment.settlement = Settlement.PAID
    claim = scheduling.confirm_number(unit, holder=booking_id)
    asks.register(unit, appointment, claim, payment)
    appointment.his_state = HisState.REGISTERING
    _store(unit, appointment, "appointment.booked")
    _publish_booked(unit, hospital, appointment)


def _record_payment(unit: Unit, appointment: Appointment, payment: PaymentFacts | None) -> None:
    if payment is None or appointment.payment_number == payment.number:
        return
    appointment.payment_number = payment.number
    appointment.settlement = Settlement.PAID
    if appointment.his_state != HisState.CANCELLING:
        asks.pay(unit, appointment, payment)
    _store(unit, appointment, "appointment.paid")


def _claim_again(unit: Unit, appointment: Appointment) -> bool:
    """Take a released number again for a payment that came late; its lock at the HIS is gone for good.

    False when the number, or the person's place among his appointments, went to another booking meanwhile.
    """
    try:
        with transaction.atomic(using="hospital"):
            claim = scheduling.claim_number(unit, number_id=appointment.number_id, holder=appointment.id)
            rules = registry.institution(unit.scope)
            places.leave_past(appointment.person_id, unit.now)
            taken = places.free_places(
                rules, booking_id=appointment.id, person_id=appointment.person_id, claim=claim, now=unit.now
            )
            Appointment.objects.filter(id=appointment.id).update(state=State.HELD, **taken)
    except NumberTaken:
        return False
    except IntegrityError as problem:
        if places.refusal_of(problem) is None:
            raise
        return False
    appointment.his_lock = ""
    return True


def release(unit: Unit, *, hospital: str, booking_id: UUID, reason: str) -> None:
    """Give a hold back; the owner has a definite answer about its money, or its hard deadline is past."""
    appointment = lock_row(booking_id)
    if appointment is not None and appointment.state == State.BOOKED:
        if appointment.his_state == HisState.CANCELLING:
            unit.audit("appointment.released", target=f"appointment:{booking_id}", detail={"asked": True})
        else:
            cancel(unit, hospital=hospital, booking_id=booking_id, reason=reason)
        return
    if appointment is not None and appointment.state == State.HELD:
        scheduling.release_number(unit, holder=booking_id)
        if appointment.his_state in {HisState.LOCKING, HisState.LOCKED}:
            asks.unlock(unit, appointment)
        _end(unit, appointment, State.RELEASED, reason)
    else:
        unit.audit("appointment.released", target=f"appointment:{booking_id}", detail={"repeat": True})
    unit.publish(AppointmentReleased(hospital=hospital, booking_id=booking_id))


def cancel(unit: Unit, *, hospital: str, booking_id: UUID, reason: str) -> None:
    """Give a booked number back. The HIS is asked first when it holds, or may hold, a registration."""
    appointment = lock_row(booking_id)
    if appointment is None or appointment.state not in ACTIVE:
        unit.audit("appointment.cancelled", target=f"appointment:{booking_id}", detail={"repeat": True})
        unit.publish(AppointmentCancelled(hospital=hospital, booking_id=booking_id))
        return
    if appointment.his_state in {HisState.REGISTERING, HisState.REGISTERED, HisState.CANCELLING}:
        appointment.his_state = HisState.CANCELLING
        appointment.cancel_round += 1
        appointment.reason = reason[:120]
        asks.cancel(unit, appointment)
        _store(unit, appointment, "appointment.cancel_asked")
        return
    scheduling.release_number(unit, holder=booking_id)
    _end(unit, appointment, State.CANCELLED, reason)
    unit.publish(AppointmentCancelled(hospital=hospital, booking_id=booking_id))


def stop(unit: Unit, *, hospital: str, booking_ids: tuple[UUID, ...], reason: str) -> int:
    """The clinic is stopped: its appointments end here, the owner ends their money. Returns how many were ended."""
    ended = 0
    for appointment in Appointment.objects.select_for_update().filter(id__in=booking_ids).order_by("id"):
        if appointment.state not in ACTIVE:
            continue
        scheduling.release_number(unit, holder=appointment.id)
        _end(unit, appointment, State.STOPPED, reason)
        unit.publish(AppointmentStopped(hospital=hospital, booking_id=appointment.id, reason=reason))
        ended += 1
    return ended


def mark_present(unit: Unit, booking_id: UUID) -> None:
    """The patient is at the hospital (practice 14: a fact of its own, apart from being in the queue)."""
    Appointment.objects.filter(id=booking_id, present_at__isnull=True).update(present_at=unit.now, updated_at=unit.now)
    unit.audit("appointment.present", target=f"appointment:{booking_id}")


def locked(unit: Unit, *, hospital: str, appointment: Appointment, lock: str) -> None:
    """The HIS holds the number; a hold that ended meanwhile gives the lock straight back."""
    appointment.his_lock = lock
    if appointment.state != State.HELD:
        asks.unlock(unit, appointment)
        _store(unit, appointment, "appointment.lock_returned")
        return
    appointment.his_state = HisState.LOCKED
    _store(unit, appointment, "appointment.locked")
    unit.publish(AppointmentLocked(hospital=hospital, booking_id=appointment.id))


def quoted(unit: Unit, *, hospital: str, appointment: Appointment, quote: FeeQuote | None) -> None:
    """What the hospital asks of this person. The owner decides whether it came in time: `confirm` brings the price."""
    if appointment.state != State.HELD:
        unit.audit("appointment.quoted", target=f"appointment:{appointment.id}", outcome="late")
        return
    told = AppointmentQuoted(hospital=hospital, booking_id=appointment.id)
    if quote is not None:
        appointment.quoted_fen = quote.total_fen
        appointment.discount = quote.discount[:60]
        appointment.quote_valid_until = quote.valid_until
        told = replace(
            told, fee_fen=quote.total_fen, discount=appointment.discount, valid_until=appointment.quote_valid_until
        )
    _store(unit, appointment, "appointment.quoted")
    unit.publish(told)


def lock_refused(unit: Unit, *, hospital: str, appointment: Appointment, reason: Reason) -> None:
    """The HIS does not give the number; what it knows as sold or stopped is taken out of sale."""
    if appointment.state != State.HELD:
        unit.audit("appointment.lock_refused", target=f"appointment:{appointment.id}", outcome="late")
        return
    _give_up(unit, hospital, appointment, State.RELEASED, reason)


def registered(unit: Unit, *, hospital: str, appointment: Appointment, his_number: str) -> None:
    """The HIS holds the registration. If the number was given back meanwhile, the registration is cancelled again."""
    appointment.his_registration = his_number
    if appointment.state == State.BOOKED:
        if appointment.his_state == HisState.REGISTERING:
            appointment.his_state = HisState.REGISTERED
        _store(unit, appointment, "appointment.registered")
        unit.publish(AppointmentRegistered(hospital=hospital, booking_id=appointment.id))
        return
    appointment.cancel_round += 1
    asks.cancel(unit, appointment)
    _store(unit, appointment, "appointment.registered_late")


def registration_refused(unit: Unit, *, hospital: str, appointment: Appointment, reason: Reason) -> None:
    """The HIS does not take the registration: the number goes back and the owner gives the money back."""
    if appointment.state != State.BOOKED:
        unit.audit("appointment.registration_refused", target=f"appointment:{appointment.id}", outcome="late")
        return
    _give_up(unit, hospital, appointment, State.CANCELLED, reason)


def cancelled(unit: Unit, *, hospital: str, appointment: Appointment) -> None:
    """The HIS agreed to the cancellation."""
    appointment.his_state = HisState.CANCELLED
    if appointment.state != State.BOOKED:
        _store(unit, appointment, "appointment.cancelled_at_his")
        return
    scheduling.release_number(unit, holder=appointment.id)
    _end(unit, appointment, State.CANCELLED, appointment.reason)
    unit.publish(AppointmentCancelled(hospital=hospital, booking_id=appointment.id))


def cancel_refused(unit: Unit, *, hospital: str, appointment: Appointment, reason: str) -> None:
    """The HIS does not let the registration go; it stands."""
    appointment.his_state = HisState.REGISTERED
    _store(unit, appointment, "appointment.cancel_refused")
    unit.publish(CancellationRefused(hospital=hospital, booking_id=appointment.id, reason=reason))


def _give_up(unit: Unit, hospital: str, appointment: Appointment, state: State, reason: Reason) -> None:
    scheduling.release_number(unit, holder=appointment.id, withdraw=reason in _GONE)
    appointment.his_state = HisState.REFUSED
    _end(unit, appointment, state, reason.text)
    unit.publish(
        AppointmentRefused(hospital=hospital, booking_id=appointment.id, reason=reason.text, code=reason.value)
    )


def _refuse(unit: Unit, hospital: str, booking_id: UUID, appointment: Appointment | None, reason: str) -> None:
    state = appointment.state if appointment else "absent"
    unit.audit("appointment.refused", target=f"appointment:{booking_id}", detail={"state": state})
    unit.publish(AppointmentRefused(hospital=hospital, booking_id=booking_id, reason=reason))


def _publish_booked(unit: Unit, hospital: str, appointment: Appointment) -> None:
    paid = appointment.settlement == Settlement.PAID
    unit.audit("appointment.told", target=f"appointment:{appointment.id}", detail={"paid": paid})
    unit.publish(AppointmentBooked(hospital=hospital, booking_id=appointment.id, paid=paid))
    _tell_queues(unit, appointment)


def _end(unit: Unit, appointment: Appointment, state: State, reason: str) -> None:
    appointment.state = state
    appointment.reason = reason[:120]
    _store(unit, appointment, f"appointment.{state}")
    _tell_queues(unit, appointment)


def _tell_queues(unit: Unit, appointment: Appointment) -> None:
    if appointment.visit_date == clock.local(unit.now).date():
        unit.publish(TodaysAppointmentChanged(hospital=unit.scope, booking_id=appointment.id))


def _store(unit: Unit, appointment: Appointment, action: str) -> None:
    appointment.updated_at = unit.now
    appointment.save(update_fields=_MUTABLE)
    unit.audit(action, target=f"appointment:{appointment.id}", detail={"his": appointment.his_state})
