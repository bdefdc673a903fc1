"""What bookings do on others' facts, and what they have done in the hospital. All may run again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from hub.outbox.events import Delivery, RunsIn, handles
from hub.work import Unit
from institution_connectors.exchange.events import HisRestored
from regional_services.booking import changes, desk, twins
from regional_services.booking.events import CancelWanted, ConfirmWanted, ReleaseWanted, TwinSaid
from regional_services.booking.messages import tell
from regional_services.booking.models import Cause, Settlement, State
from regional_services.booking.process import Input, NotAllowed
from regional_services.booking.resync import running
from regional_services.booking.steps import NO_FACTS, Facts, Quote, advance, advance_locked, lock
from regional_services.payments import selectors as payments
from regional_services.payments.events import OrderClosed, OrderPaid, RefundFinished
from tenants.appointments import steps as appointments
from tenants.appointments.asks import PaymentFacts
from tenants.appointments.events import (
    AppointmentAltered,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentLocked,
    AppointmentQuoted,
    AppointmentRefused,
    AppointmentRegistered,
    AppointmentReleased,
    AppointmentStopped,
    AppointmentToDesk,
    CancellationRefused,
    DeskBookingAsked,
    DeskCancelAsked,
    HoldAnswered,
    MedicineDispatched,
    MedicineReady,
    PaymentRefused,
    VisitEnded,
)

_UNKNOWN = "no_such_booking"
HIS_SINCE = timedelta(days=3)  # a hospital says that its books are older, not how much


@handles(ConfirmWanted, runs_in=RunsIn.HOSPITAL)
def confirm(event: ConfirmWanted, unit: Unit) -> None:
    """The hold becomes a booking in the hospital's own transaction."""
    appointments.confirm(
        unit,
        hospital=event.hospital,
        booking_id=event.booking_id,
        fee_fen=event.fee_fen,
        payment=_payment(event),
    )


def _payment(event: ConfirmWanted) -> PaymentFacts | None:
    if event.paid_at is None:
        return None
    return PaymentFacts(
        number=event.payment_number,
        amount_fen=event.paid_fen,
        channel=event.channel,
        channel_number=event.channel_number,
        paid_at=event.paid_at,
    )


@handles(ReleaseWanted, runs_in=RunsIn.HOSPITAL)
def release(event: ReleaseWanted, unit: Unit) -> None:
    """The hold goes back."""
    appointments.release(unit, hospital=event.hospital, booking_id=event.booking_id, reason=event.reason)


@handles(CancelWanted, runs_in=RunsIn.HOSPITAL)
def cancel(event: CancelWanted, unit: Unit) -> None:
    """The booked number goes back, the HIS asked first."""
    appointments.cancel(unit, hospital=event.hospital, booking_id=event.booking_id, reason=event.reason)


def _happen(unit: Unit, booking_id: UUID, what: Input, facts: Facts = NO_FACTS) -> None:
    if advance(unit, booking_id, what, facts) is None:
        unit.audit(f"booking.{what}", target=f"booking:{booking_id}", outcome="failure", reason=_UNKNOWN)


@handles(OrderPaid, runs_in=RunsIn.REGION)
def on_paid(event: OrderPaid, unit: Unit) -> None:
    """The money is there."""
    paid = payments.settling_attempt(event.order_id)
    payment = None
    if paid is not None:
        payment = PaymentFacts(
            number=paid.out_trade_no,
            amount_fen=paid.amount_fen,
            channel=paid.channel,
            channel_number=paid.transaction_id,
            paid_at=event.paid_at,
        )
    _happen(unit, event.booking_id, Input.ORDER_PAID, Facts(payment=payment))


@handles(OrderClosed, runs_in=RunsIn.REGION)
def on_closed(event: OrderClosed, unit: Unit) -> None:
    """The money is definitely not coming."""
    _happen(unit, event.booking_id, Input.ORDER_CLOSED)


@handles(RefundFinished, runs_in=RunsIn.REGION)
def on_refund(event: RefundFinished, unit: Unit) -> None:
    """The money went back, or a cashier has to see to it; several payments of a visit when all are back."""
    booking_id = twins.whose_refund(event.booking_id)
    if event.succeeded and twins.still_refunding(booking_id):
        unit.audit("booking.refunded", target=f"booking:{booking_id}", outcome="in_part")
        return
    _happen(unit, booking_id, Input.REFUNDED if event.succeeded else Input.REFUND_FAILED)


@handles(TwinSaid, runs_in=RunsIn.REGION)
def on_twin(event: TwinSaid, unit: Unit) -> None:
    """The other booking of a rescheduling; what it says counts while the two belong together."""
    booking = lock(event.booking_id)
    if booking is None or event.twin not in {booking.replaces, booking.replaced_by}:
        unit.audit("booking.twin", target=f"booking:{event.booking_id}", outcome="late", detail={"said": event.what})
        return
    try:
        advance_locked(unit, booking, Input(event.what), Facts(reason=event.reason))
    except NotAllowed as refusal:
        unit.audit("booking.twin", target=f"booking:{booking.id}", outcome="refused", reason=str(refusal))


@handles(AppointmentLocked, runs_in=RunsIn.REGION)
def on_locked(event: AppointmentLocked, unit: Unit) -> None:
    """The HIS holds the number for us."""
    _answered(unit, event, Input.LOCKED)


@handles(AppointmentQuoted, runs_in=RunsIn.REGION)
def on_quoted(event: AppointmentQuoted, unit: Unit) -> None:
    """The hospital named this person's price, or could not."""
    if event.fee_fen is None:
        _answered(unit, event, Input.UNQUOTED)
        return
    quote = Quote(fee_fen=event.fee_fen, discount=event.discount, valid_until=event.valid_until)
    _answered(unit, event, Input.QUOTED, Facts(quote=quote))


def _answered(unit: Unit, event: HoldAnswered, what: Input, facts: Facts = NO_FACTS) -> None:
    """The hospital's answer to a hold. One that overtakes the hold's own third transaction does its step first; that
    transaction then finds it done."""
    booking = lock(event.booking_id)
    if booking is None:
        unit.audit(f"booking.{what}", target=f"booking:{event.booking_id}", outcome="failure", reason=_UNKNOWN)
        return
    if booking.state == State.NEW:
        advance_locked(unit, booking, Input.HELD, Facts(sequence=event.sequence))
    advance_locked(unit, booking, what, facts)


@handles(AppointmentBooked, runs_in=RunsIn.REGION)
def on_booked(event: AppointmentBooked, unit: Unit) -> None:
    """The number is the patient's."""
    _happen(unit, event.booking_id, Input.BOOKED)


@handles(AppointmentRegistered, runs_in=RunsIn.REGION)
def on_registered(event: AppointmentRegistered, unit: Unit) -> None:
    """The HIS knows (JA-HIS-01). Who still has to pay on the day is told so, once (JA-APPT-30)."""
    booking = advance(unit, event.booking_id, Input.REGISTERED)
    if booking is None:
        unit.audit("booking.registered", target=f"booking:{event.booking_id}", outcome="failure", reason=_UNKNOWN)
    elif booking.state == State.BOOKED and booking.settlement == Settlement.UNPAID:
        tell(unit, booking, "booking.registered")


@handles(AppointmentRefused, runs_in=RunsIn.REGION)
def on_refused(event: AppointmentRefused, unit: Unit) -> None:
    """The hospital can't give this number."""
    _answered(unit, event, Input.REFUSED, Facts(reason=event.reason, refusal=event.code))


@handles(AppointmentReleased, runs_in=RunsIn.REGION)
def on_released(event: AppointmentReleased, unit: Unit) -> None:
    """The hold is gone."""
    _happen(unit, event.booking_id, Input.RELEASED)


@handles(AppointmentCancelled, runs_in=RunsIn.REGION)
def on_cancelled(event: AppointmentCancelled, unit: Unit) -> None:
    """The number is gone and the HIS agreed."""
    _happen(unit, event.booking_id, Input.CANCELLED)


@handles(CancellationRefused, runs_in=RunsIn.REGION)
def on_cancellation_refused(event: CancellationRefused, unit: Unit) -> None:
    """The registration stands."""
    _happen(unit, event.booking_id, Input.CANCEL_REFUSED, Facts(reason=event.reason))


@handles(AppointmentStopped, runs_in=RunsIn.REGION)
def on_stopped(event: AppointmentStopped, unit: Unit) -> None:
    """The clinic does not take place."""
    _happen(unit, event.booking_id, Input.STOPPED, Facts(reason=event.reason))


@handles(PaymentRefused, runs_in=RunsIn.REGION)
def on_payment_refused(event: PaymentRefused, unit: Unit) -> None:
    """The hospital does not take the payment of a registration that stood unpaid: the money goes back."""
    _happen(unit, event.booking_id, Input.PAYMENT_REFUSED, Facts(reason=event.reason, refusal=event.code))


@handles(VisitEnded, runs_in=RunsIn.REGION)
def on_visit_ended(event: VisitEnded, unit: Unit) -> None:
    """The patient was seen."""
    _happen(unit, event.booking_id, Input.VISIT_ENDED)


@handles(MedicineReady, runs_in=RunsIn.REGION)
def tell_medicine_ready(event: MedicineReady, unit: Unit) -> None:
    """Where the medicine waits (JA-APPT-21), once for each dispensing."""
    _tell_of_medicine(unit, event, "visit.medicine_ready", {"window": event.window, "place": event.place})


@handles(MedicineDispatched, runs_in=RunsIn.REGION)
def tell_medicine_dispatched(event: MedicineDispatched, unit: Unit) -> None:
    """Which parcel the medicine is in (JA-APPT-23), once for each dispensing."""
    parcel = {"carrier": event.carrier, "tracking": event.tracking_number}
    _tell_of_medicine(unit, event, "visit.medicine_dispatched", parcel)


def _tell_of_medicine(
    unit: Unit, event: MedicineReady | MedicineDispatched, template: str, more: dict[str, str]
) -> None:
    booking = lock(event.booking_id)
    if booking is None:
        unit.audit(template, target=f"booking:{event.booking_id}", outcome="failure", reason=_UNKNOWN)
        return
    tell(unit, booking, template, about=uuid5(booking.id, event.dispensing_number), more=more)


@handles(HisRestored, runs_in=RunsIn.REGION)
def on_his_restored(event: HisRestored, unit: Unit) -> None:
    """Close the hospital until its books and ours agree again; a worker does the comparing."""
    running.begin(unit, event.hospital, cause=Cause.HIS, since=unit.now - HIS_SINCE)


@handles(AppointmentAltered, runs_in=RunsIn.REGION)
def on_altered(event: AppointmentAltered, unit: Unit) -> None:
    """The visit takes place otherwise than booked: the resident is asked."""
    changes.take(unit, event)


@handles(AppointmentToDesk, runs_in=RunsIn.REGION)
def on_to_desk(event: AppointmentToDesk, unit: Unit) -> None:
    """The doctor had to leave while the patient waits: he is told where to go."""
    booking = lock(event.booking_id)
    if booking is None:
        unit.audit("booking.to_desk", target=f"booking:{event.booking_id}", outcome="failure", reason=_UNKNOWN)
        return
    booking.reason = event.reason[:120]
    booking.save(update_fields=["reason"])
    unit.audit("booking.to_desk", target=f"booking:{booking.id}", reason=event.reason)
    tell(unit, booking, "booking.to_desk")


@handles(DeskCancelAsked, runs_in=RunsIn.REGION)
def cancel_for_the_desk(event: DeskCancelAsked, unit: Unit) -> None:
    """The hospital's desk cancels for its patient; the hospital's cut-off binds residents, not its own people."""
    try:
        advance(unit, event.booking_id, Input.CANCEL_ASKED, Facts(reason=event.reason, by=event.by))
    except NotAllowed as refusal:
        unit.audit("booking.cancel_asked", target=f"booking:{event.booking_id}", outcome="refused", reason=str(refusal))


@handles(DeskBookingAsked, runs_in=RunsIn.BETWEEN)
def book_for_the_desk(event: DeskBookingAsked, _delivery: Delivery) -> None:
    """The hospital's desk books for a person: reads the wish there, reserves here, holds the number there."""
    desk.carry_out(event.hospital, event.booking_id)
