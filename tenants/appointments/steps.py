"""Parts of an appointment's life, each inside somebody's transaction in the hospital's schema, never durable.

All of them may be run again: a repeat finds the state it left and gives the same answer. The HIS is never called from
here; asks are committed rows that the exchange carries out (kernel decision 5).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from hub import clock
from hub.tenancy.scope import hospital_alias
from hub.tenancy.statements import Select, Update, Write
from hub.work import Unit
from institution_connectors.contracts import VisitEventKind
from tenants.appointments import asks, places
from tenants.appointments.asks import PaymentFacts
from tenants.appointments.events import (
    AppointmentAltered,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentRefused,
    AppointmentReleased,
    AppointmentStopped,
    AppointmentToDesk,
    TodaysAppointmentChanged,
    VisitEnded,
)
from tenants.appointments.models import ACTIVE, Appointment, HisState, Settlement, State
from tenants.patients import selectors as patients
from tenants.registry import selectors as registry
from tenants.scheduling import steps as scheduling
from tenants.scheduling.errors import NumberTaken
from tenants.scheduling.events import SessionAltered
from tenants.scheduling.models import Channel

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
_LOCK = Select(Appointment, "id = %(id)s FOR UPDATE")
_MOVE = Update(Appointment, _MUTABLE)


def lock_row(booking_id: UUID) -> Appointment | None:
    """The appointment, locked until the transaction ends."""
    return _LOCK.first(id=booking_id)


def lock_visit(registration_number: str, his_number: str) -> Appointment | None:
    """The appointment a hospital speaks of, by the hub's number or else by its own; locked. One query."""
    known = {"hub_number": registration_number} if registration_number else {"his_registration": his_number or "-"}
    return Appointment.objects.select_for_update().filter(**known).order_by("-created_at").first()


def confirm(unit: Unit, *, hospital: str, booking_id: UUID, fee_fen: int, payment: PaymentFacts | None) -> None:
    """Make the hold a booking at the price agreed, or record the payment of one that stands unpaid; then tell the HIS.

    A hold already given back is claimed again if its number is still free; otherwise the owner is told REFUSED.
    """
    appointment = lock_row(booking_id)
    if appointment is None or appointment.state in {State.CANCELLED, State.STOPPED}:
        _refuse(unit, hospital, booking_id, appointment, "该号已不可用")
        return
    if appointment.state in {State.BOOKED, State.FULFILLED}:
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
    patient = patients.contract_patient(appointment.archive_id)
    asks.register(unit, appointment, claim, patient, payment)
    appointment.his_state = HisState.REGISTERING
    store(unit, appointment, "appointment.booked")
    _publish_booked(unit, hospital, appointment)


def _record_payment(unit: Unit, appointment: Appointment, payment: PaymentFacts | None) -> None:
    if payment is None or appointment.payment_number == payment.number:
        return
    appointment.payment_number = payment.number
    appointment.settlement = Settlement.PAID
    if appointment.his_state != HisState.CANCELLING:
        asks.pay(unit, appointment, payment)
    store(unit, appointment, "appointment.paid")


def _claim_again(unit: Unit, appointment: Appointment) -> bool:
    """Take a released number again for a payment that came late; its lock at the HIS is gone for good.

    False when the number, or the person's place among his appointments, went to another booking meanwhile.
    """
    try:
        with transaction.atomic(using=hospital_alias()):
            scheduling.claim_number(
                unit,
                number_id=appointment.number_id,
                holder=appointment.id,
                channel=Channel(appointment.channel),
            )
            places.leave_past(appointment.person_id, unit.now)
            places.take_again(appointment, registry.institution(unit.scope), unit.now)
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
        end(unit, appointment, State.RELEASED, reason)
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
        store(unit, appointment, "appointment.cancel_asked")
        return
    scheduling.release_number(unit, holder=booking_id)
    end(unit, appointment, State.CANCELLED, reason)
    unit.publish(AppointmentCancelled(hospital=hospital, booking_id=booking_id))


def stop(unit: Unit, *, hospital: str, booking_ids: tuple[UUID, ...], reason: str) -> int:
    """The clinic is stopped: its appointments end here, the owner ends their money. Returns how many were ended."""
    ended = 0
    for appointment in Appointment.objects.select_for_update().filter(id__in=booking_ids).order_by("id"):
        if appointment.state not in ACTIVE:
            continue
        scheduling.release_number(unit, holder=appointment.id)
        end(unit, appointment, State.STOPPED, reason)
        unit.publish(AppointmentStopped(hospital=hospital, booking_id=appointment.id, reason=reason))
        ended += 1
    return ended


def end_visit(unit: Unit, appointment: Appointment, *, ended_at: datetime) -> None:
    """The visit took place, by whoever's word: the number stays taken. Said again, nobody hears of it twice.

    Only a locked row; nothing happens to an appointment that was given back.
    """
    if appointment.state != State.BOOKED:
        unit.audit("appointment.fulfilled", target=f"appointment:{appointment.id}", outcome=appointment.state)
        return
    appointment.state = State.FULFILLED
    store(unit, appointment, "appointment.fulfilled")
    unit.publish(
        VisitEnded(
            hospital=unit.scope,
            booking_id=appointment.id,
            person_id=appointment.person_id,
            department_id=appointment.department_id,
            doctor_id=appointment.doctor_id,
            ended_at=ended_at,
        )
    )


def send_to_desk(unit: Unit, *, hospital: str, booking_ids: tuple[UUID, ...], reason: str) -> tuple[UUID, ...]:
    """Those of them who have come and are not seen yet: they keep their numbers, the desk is theirs; their ids."""
    waiting = Appointment.objects.select_for_update().filter(
        id__in=booking_ids, state=State.BOOKED, present_at__isnull=False
    )
    sent: list[UUID] = []
    for appointment in waiting.order_by("id"):
        appointment.reason = f"{reason}，请到分诊台"[:120]
        store(unit, appointment, "appointment.to_desk")
        unit.publish(AppointmentToDesk(hospital=hospital, booking_id=appointment.id, reason=reason))
        sent.append(appointment.id)
    return tuple(sent)


def alter(unit: Unit, event: SessionAltered) -> int:
    """Bring the appointments of a session to its new doctor and time; how many.

    What was agreed to be paid stays: whoever owns the booking settles a difference.
    """
    rows = Appointment.objects.select_for_update().filter(id__in=event.holders, state__in=ACTIVE)
    times = scheduling.times_of(event.holders)
    told = 0
    for appointment in rows.order_by("id"):
        was = appointment.starts_at
        appointment.doctor_id = event.doctor_id
        appointment.starts_at, appointment.ends_at = times.get(appointment.id, (was, appointment.ends_at))
        appointment.updated_at = unit.now
        appointment.save(update_fields=["doctor_id", "starts_at", "ends_at", "updated_at"])
        unit.audit("appointment.altered", target=f"appointment:{appointment.id}", reason=event.reason)
        unit.publish(_altered(event, appointment, was))
        told += 1
    return told


def _altered(event: SessionAltered, appointment: Appointment, was: datetime) -> AppointmentAltered:
    return AppointmentAltered(
        hospital=event.hospital,
        booking_id=appointment.id,
        reason=event.reason,
        doctor_name=event.doctor_name,
        was_doctor_name=event.was_doctor_name,
        fee_fen=event.fee_fen,
        was_fee_fen=event.was_fee_fen,
        place=_place(event.hospital, event.campus_code, event.room),
        was_place=_place(event.hospital, event.was_campus_code, event.was_room),
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        was_starts_at=was,
    )


def _place(hospital: str, campus_code: str, room: str) -> str:
    """Where people go: the campus by its name, the room."""
    campuses = {campus.code: campus.name for campus in registry.institution(hospital).campuses}
    return " ".join(part for part in (campuses.get(campus_code, ""), room) if part)


def mark_present(unit: Unit, booking_id: UUID, *, told: bool = False) -> None:
    """The patient is at the hospital (practice 14: a fact of its own, apart from being in the queue).

    The hospital's own system hears it once, unless it was the one that `told`.
    """
    news = Appointment.objects.filter(id=booking_id, present_at__isnull=True)
    if news.update(present_at=unit.now, updated_at=unit.now):
        unit.publish(TodaysAppointmentChanged(hospital=unit.scope, booking_id=booking_id))
        if not told:
            asks.check_in(unit, Appointment.objects.get(id=booking_id))
    unit.audit("appointment.present", target=f"appointment:{booking_id}", detail={"told": told})


def tell_visit(unit: Unit, booking_id: UUID, *, of: UUID, kind: VisitEventKind, room: str, ticket: str) -> bool:
    """Tell the hospital's own system what the hub's caller did; `of` is the id of that fact, told once.

    False where it can't hear it, or the booking is of the hospital's own window.
    """
    appointment = Appointment.objects.filter(id=booking_id).first()
    if appointment is None:
        return False
    return asks.tell_visit(unit, appointment, of=of, kind=kind, room=room, ticket=ticket)


def _refuse(unit: Unit, hospital: str, booking_id: UUID, appointment: Appointment | None, reason: str) -> None:
    state = appointment.state if appointment else "absent"
    unit.audit("appointment.refused", target=f"appointment:{booking_id}", detail={"state": state})
    unit.publish(AppointmentRefused(hospital=hospital, booking_id=booking_id, reason=reason))


def _publish_booked(unit: Unit, hospital: str, appointment: Appointment) -> None:
    paid = appointment.settlement == Settlement.PAID
    unit.audit("appointment.told", target=f"appointment:{appointment.id}", detail={"paid": paid})
    unit.publish(AppointmentBooked(hospital=hospital, booking_id=appointment.id, paid=paid))
    _tell_queues(unit, appointment)


def end(unit: Unit, appointment: Appointment, state: State, reason: str) -> None:
    """Its last state, and why."""
    appointment.state = state
    appointment.reason = reason[:120]
    store(unit, appointment, f"appointment.{state}")
    places.come_down(appointment.id)
    _tell_queues(unit, appointment)


def _tell_queues(unit: Unit, appointment: Appointment) -> None:
    if appointment.visit_date == clock.local(unit.now).date():
        unit.publish(TodaysAppointmentChanged(hospital=unit.scope, booking_id=appointment.id))


def store(unit: Unit, appointment: Appointment, action: str, *besides: Write) -> None:
    """Write the row as it is now, with its audit entry and what else there is to write."""
    appointment.updated_at = unit.now
    for write in (_MOVE.write(appointment), *besides):
        unit.later(write)
    unit.audit(action, target=f"appointment:{appointment.id}", detail={"his": appointment.his_state})
