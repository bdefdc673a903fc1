"""Parts of a booking's process, each inside somebody's public transaction, never durable.

`advance` is the only writer of a booking's state after its creation: it locks the row, asks `process.decide` and does
what the decision says, so that no two events can decide on one booking at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from hub.work import Unit
from regional_services.booking.events import BookingChanged, CancelWanted, ConfirmWanted, ReleaseWanted
from regional_services.booking.messages import tell
from regional_services.booking.models import Booking, BookingStep, His, Reservation, Settlement, State
from regional_services.booking.process import Decision, Effect, Input, Standing, decide
from regional_services.payments import steps as payments
from tenants.appointments.asks import PaymentFacts

HARD_GRACE = timedelta(minutes=10)
LOCK_PATIENCE = timedelta(minutes=2)
STUCK_AFTER = timedelta(seconds=5)
SWEEP_AGAIN = timedelta(minutes=1)
_MUTABLE = [
    "state",
    "settlement",
    "wish",
    "his",
    "reason",
    "sequence",
    "order_id",
    "pay_deadline",
    "due_at",
    "updated_at",
]


@dataclass(frozen=True, slots=True)
class Facts:
    """What came with the input: a reason for people, the payment, the number's place in line."""

    reason: str = ""
    payment: PaymentFacts | None = None
    sequence: int | None = None


NO_FACTS = Facts()


def standing_of(booking: Booking) -> Standing:
    """The part of a row that decisions depend on."""
    return Standing(
        state=State(booking.state),
        settlement=Settlement(booking.settlement),
        wish=State(booking.wish) if booking.wish else None,
        fee=booking.fee_fen > 0,
        pay_on_day=booking.pay_on_day,
        his_locked=booking.his_locked,
        ordered=booking.order_id is not None,
    )


def lock(booking_id: UUID) -> Booking | None:
    """The booking's row, locked until the transaction ends; None when there is no such booking."""
    return Booking.objects.select_for_update().filter(id=booking_id).first()


def advance(unit: Unit, booking_id: UUID, what: Input, facts: Facts = NO_FACTS) -> Booking | None:
    """Lock the booking and let one input happen to it; None if the booking doesn't exist.

    Raises `process.NotAllowed` when a person's wish is refused.
    """
    booking = lock(booking_id)
    return None if booking is None else advance_locked(unit, booking, what, facts)


def advance_locked(unit: Unit, booking: Booking, what: Input, facts: Facts = NO_FACTS) -> Booking:
    """Like `advance`, for a row this transaction already holds."""
    decision = decide(standing_of(booking), what)
    if Effect.RETAKE_RESERVATION in decision.effects and not _retake_reservation(booking):
        decision = Decision(settlement=Settlement.REFUNDING, effects=(Effect.REFUND,))
    if facts.sequence is not None:
        booking.sequence = facts.sequence
    _apply(unit, booking, decision, what, facts)
    for effect in decision.effects:
        action = _ACTIONS.get(effect)
        if action is not None:
            action(unit, booking, facts)
    _save(unit, booking, what)
    return booking


def _apply(unit: Unit, booking: Booking, decision: Decision, what: Input, facts: Facts) -> None:
    if decision.state is not None:
        booking.state = decision.state
    if decision.settlement is not None:
        booking.settlement = decision.settlement
    if decision.clear_wish:
        booking.wish = ""
    if decision.wish is not None:
        booking.wish = decision.wish
    if what is Input.REGISTERED:
        booking.his = His.REGISTERED
    if facts.reason and (decision.state or decision.wish):
        booking.reason = facts.reason[:120]
    booking.updated_at = unit.now
    booking.due_at = _due_at(booking, unit.now)


def _due_at(booking: Booking, now: datetime) -> datetime | None:
    """When the sweep must look at this booking again if nothing else moves it."""
    match booking.state:
        case State.NEW:
            return now + STUCK_AFTER
        case State.LOCKING:
            return now + LOCK_PATIENCE
        case State.AWAITING_PAYMENT:
            return booking.pay_deadline
        case State.CLOSING:
            return max((booking.pay_deadline or now) + HARD_GRACE, now + SWEEP_AGAIN)
        case _:
            return None


def _save(unit: Unit, booking: Booking, what: Input) -> None:
    booking.save(update_fields=_MUTABLE)
    BookingStep.objects.create(
        institution_code=booking.institution_code,
        booking_id=booking.id,
        at=unit.now,
        actor_name=unit.actor.name[:60],
        what=what,
        state=booking.state,
        settlement=booking.settlement,
        reason=booking.reason,
    )
    unit.audit(
        f"booking.{what}",
        target=f"booking:{booking.id}",
        detail={"state": booking.state, "settlement": booking.settlement},
    )
    unit.publish(
        BookingChanged(
            hospital=booking.institution_code,
            booking_id=booking.id,
            account_id=booking.account_id,
            state=booking.state,
            settlement=booking.settlement,
        )
    )


def open_order(unit: Unit, booking: Booking, deadline: datetime) -> None:
    """One order per booking; asking again gives the same (JA-APPT-07)."""
    booking.pay_deadline = deadline
    order = payments.create_order(
        unit,
        booking_id=booking.id,
        institution_code=booking.institution_code,
        patient_id=booking.person_id,
        payer_account_id=booking.account_id,
        title="挂号费",
        amount_fen=booking.fee_fen,
        deadline=deadline,
    )
    booking.order_id = order.id


def _open_order(unit: Unit, booking: Booking, facts: Facts) -> None:  # noqa: ARG001 - one shape for all effects
    if booking.pay_deadline is None:
        raise ValueError(f"booking {booking.id} has no pay deadline")
    open_order(unit, booking, booking.pay_deadline)
    booking.due_at = _due_at(booking, unit.now)


def _close_order(unit: Unit, booking: Booking, facts: Facts) -> None:
    if booking.order_id is not None:
        payments.request_close(unit, order_id=booking.order_id, reason=facts.reason or booking.reason)


def _refund(unit: Unit, booking: Booking, facts: Facts) -> None:
    if booking.order_id is not None:
        payments.request_refund(unit, order_id=booking.order_id, reason=facts.reason or booking.reason)


def _want_confirm(unit: Unit, booking: Booking, facts: Facts) -> None:
    wanted = ConfirmWanted(hospital=booking.institution_code, booking_id=booking.id)
    if facts.payment is not None:
        wanted = replace(
            wanted,
            payment_number=facts.payment.number,
            paid_fen=facts.payment.amount_fen,
            channel=facts.payment.channel,
            channel_number=facts.payment.channel_number,
            paid_at=facts.payment.paid_at,
        )
    unit.publish(wanted)


def _want_release(unit: Unit, booking: Booking, facts: Facts) -> None:
    reason = facts.reason or booking.reason
    unit.publish(ReleaseWanted(hospital=booking.institution_code, booking_id=booking.id, reason=reason))


def _want_cancel(unit: Unit, booking: Booking, facts: Facts) -> None:
    reason = facts.reason or booking.reason
    unit.publish(CancelWanted(hospital=booking.institution_code, booking_id=booking.id, reason=reason))


def _free_reservation(unit: Unit, booking: Booking, facts: Facts) -> None:  # noqa: ARG001
    Reservation.objects.filter(booking_id=booking.id).update(active=False)


def _retake_reservation(booking: Booking) -> bool:
    """Take the person's time again for a payment that came after the end; False if it is taken by another booking."""
    try:
        with transaction.atomic():
            Reservation.objects.filter(booking_id=booking.id).update(active=True)
    except IntegrityError:
        return False
    return True


def _teller(template: str) -> Callable[[Unit, Booking, Facts], None]:
    def act(unit: Unit, booking: Booking, facts: Facts) -> None:  # noqa: ARG001
        tell(unit, booking, template)

    return act


_ACTIONS: dict[Effect, Callable[[Unit, Booking, Facts], None]] = {
    Effect.OPEN_ORDER: _open_order,
    Effect.CLOSE_ORDER: _close_order,
    Effect.REFUND: _refund,
    Effect.WANT_CONFIRM: _want_confirm,
    Effect.WANT_RELEASE: _want_release,
    Effect.WANT_CANCEL: _want_cancel,
    Effect.FREE_RESERVATION: _free_reservation,
    Effect.TELL_BOOKED: _teller("booking.booked"),
    Effect.TELL_PAY: _teller("booking.pay"),
    Effect.TELL_ENDED: _teller("booking.ended"),
    Effect.TELL_REFUSED: _teller("booking.refused"),
    Effect.TELL_REFUNDED: _teller("booking.refunded"),
}
