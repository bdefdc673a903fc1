"""Parts of a booking's process, each inside somebody's public transaction, never durable.

`advance` is the only writer of a booking's state after its creation: it locks the row, asks `process.decide` and does
what the decision says, so that no two events can decide on one booking at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from hub.sse import topics
from hub.tenancy.statements import Insert, Select, Update
from hub.work import Unit
from regional_services.booking import reservations, twins
from regional_services.booking.events import (
    BookingChanged,
    CancelWanted,
    ConfirmWanted,
    ReferredBookingChanged,
    ReleaseWanted,
)
from regional_services.booking.messages import tell
from regional_services.booking.models import Booking, BookingStep, His, Pricing, Settlement, State
from regional_services.booking.process import Decision, Effect, Input, Standing, decide
from regional_services.booking.registering import register_cutoff
from regional_services.payments import steps as payments
from tenants.appointments.asks import PaymentFacts
from tenants.registry import selectors as registry
from tenants.scheduling.models import Channel

HARD_GRACE = timedelta(minutes=10)
LOCK_PATIENCE = timedelta(minutes=2)
STUCK_AFTER = timedelta(seconds=5)
SWEEP_AGAIN = timedelta(minutes=1)
SHORTEST_QUOTE = timedelta(minutes=1)  # less is a wrong clock at the hospital; the registration checks the price anyway
_MUTABLE = [
    "state",
    "settlement",
    "wish",
    "his",
    "fee_fen",
    "pricing",
    "discount",
    "quote_valid_until",
    "reason",
    "refusal",
    "sequence",
    "order_id",
    "moving",
    "replaced_by",
    "lent_fen",
    "pay_deadline",
    "due_at",
    "updated_at",
]
# Every step of every booking passes here: the move and its line in the history travel with what the unit leaves.
_MOVE = Update(Booking, _MUTABLE)
_NOTE = Insert(BookingStep)
_LOCK = Select(Booking, "id = %(id)s FOR UPDATE")
_STORE = Insert(Booking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What the hospital asks of this person, until when, and why it differs from the list price."""

    fee_fen: int
    discount: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What came with the input: reason (and its code), who asked elsewhere, payment, place in line, quote."""

    reason: str = ""
    refusal: str = ""
    by: str = ""
    payment: PaymentFacts | None = None
    sequence: int | None = None
    quote: Quote | None = None


NO_FACTS = Facts()


def standing_of(booking: Booking) -> Standing:
    """The part of a row that decisions depend on."""
    return Standing(
        state=State(booking.state),
        settlement=Settlement(booking.settlement),
        wish=State(booking.wish) if booking.wish else None,
        fee=twins.due_fen(booking) > 0,
        pay_on_day=booking.pay_on_day,
        his_locked=booking.his_locked,
        quoting=booking.pricing == Pricing.AWAITED,
        ordered=booking.order_id is not None,
        twin=twins.twin_of(booking),
        shared=twins.shares_money(booking),
        registered=booking.his == His.REGISTERED,
    )


def lock(booking_id: UUID) -> Booking | None:
    """The booking's row, locked until the transaction ends; None when there is no such booking."""
    return _LOCK.first(id=booking_id)


def store(unit: Unit, booking: Booking) -> None:
    """Write the row of a booking that begins."""
    unit.later(_STORE.write(booking))


def advance(unit: Unit, booking_id: UUID, what: Input, facts: Facts = NO_FACTS) -> Booking | None:
    """Lock the booking and let one input happen to it; None if the booking doesn't exist.

    Raises `process.NotAllowed` when a person's wish is refused.
    """
    booking = lock(booking_id)
    return None if booking is None else advance_locked(unit, booking, what, facts)


def advance_locked(unit: Unit, booking: Booking, what: Input, facts: Facts = NO_FACTS) -> Booking:
    """Like `advance`, for a row this transaction already holds."""
    if booking.state == State.LOCKING and what in {Input.QUOTED, Input.UNQUOTED}:
        _freeze_price(booking, facts.quote)
    decision = decide(standing_of(booking), what)
    if Effect.RETAKE_RESERVATION in decision.effects and not reservations.retake(booking.id):
        decision = Decision(settlement=Settlement.REFUNDING, effects=(Effect.REFUND,))
    if facts.sequence is not None:
        booking.sequence = facts.sequence
    _apply(unit, booking, decision, what, facts)
    for effect in decision.effects:
        action = _ACTIONS.get(effect)
        if action is not None:
            action(unit, booking, facts)
    _save(unit, booking, what, facts.by)
    return booking


def _freeze_price(booking: Booking, quote: Quote | None) -> None:
    """The price of this booking from now on; without a quote the list price stands, and the booking says so."""
    if quote is None:
        booking.pricing = Pricing.UNANSWERED
        return
    booking.pricing = Pricing.QUOTED
    booking.fee_fen = quote.fee_fen
    booking.discount = quote.discount[:60]
    booking.quote_valid_until = quote.valid_until


def _apply(unit: Unit, booking: Booking, decision: Decision, what: Input, facts: Facts) -> None:
    entered = decision.state is not None
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
    elif what is Input.LOCKED and booking.state == State.LOCKING:
        booking.his = His.LOCKED
    if facts.reason and (decision.state or decision.wish):
        booking.reason = facts.reason[:120]
        booking.refusal = facts.refusal
    booking.updated_at = unit.now
    if what in {Input.CUTOFF_WINDOW, Input.CUTOFF_RELEASE}:
        booking.due_at = None
    booking.due_at = _due_at(booking, unit.now, standing=None if entered else booking.due_at)


def _due_at(booking: Booking, now: datetime, *, standing: datetime | None) -> datetime | None:
    """When the sweep must look at this booking again if nothing else moves it.

    `standing` is what was due in this state before: a cut-off that passed unseen is still to be seen to, once.
    """
    match booking.state:
        case State.NEW:
            return now + STUCK_AFTER
        case State.LOCKING if awaits_only_quote(booking):
            return now + timedelta(seconds=registry.institution(booking.institution_code).quote_seconds)
        case State.LOCKING:
            return now + LOCK_PATIENCE
        case State.AWAITING_PAYMENT:
            return booking.pay_deadline
        case State.CLOSING:
            return max((booking.pay_deadline or now) + HARD_GRACE, now + SWEEP_AGAIN)
        case State.BOOKED if booking.pay_on_day and booking.settlement == Settlement.UNPAID:
            cutoff = register_cutoff(booking)
            return cutoff if cutoff > now else standing
        case _:
            return None


def awaits_only_quote(booking: Booking) -> bool:
    """Whether the number is ours and only the price is still asked for."""
    return booking.pricing == Pricing.AWAITED and (not booking.his_locked or booking.his == His.LOCKED)


def _save(unit: Unit, booking: Booking, what: Input, by: str) -> None:
    unit.later(_MOVE.write(booking))
    step = BookingStep(
        booking_id=booking.id,
        institution_code=booking.institution_code,
        at=booking.updated_at,
        state=booking.state,
        settlement=booking.settlement,
        reason=booking.reason,
        actor_name=(by or unit.actor.name)[:60],
        what=str(what),
    )
    unit.later(_NOTE.write(step))
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
    if booking.channel == Channel.FAMILY or booking.chain is not None:
        root = booking.chain or booking.id
        unit.publish(ReferredBookingChanged(hospital=booking.institution_code, booking_id=booking.id, root=root))
    unit.tell(topics.DISTRICT_SCREEN, "figures")


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
        amount_fen=twins.due_fen(booking),
        deadline=deadline,
    )
    booking.order_id = order.id


def _open_order(unit: Unit, booking: Booking, facts: Facts) -> None:  # noqa: ARG001 - one shape for all effects
    """The order is open as long as the hospital lets people pay, and never longer than its quote holds."""
    deadline = unit.now + timedelta(minutes=registry.institution(booking.institution_code).pay_minutes)
    if booking.quote_valid_until is not None and booking.quote_valid_until >= unit.now + SHORTEST_QUOTE:
        deadline = min(deadline, booking.quote_valid_until)
    open_order(unit, booking, deadline)
    booking.due_at = deadline


def _close_order(unit: Unit, booking: Booking, facts: Facts) -> None:
    if booking.order_id is not None:
        payments.request_close(unit, order_id=booking.order_id, reason=facts.reason or booking.reason)


def _refund(unit: Unit, booking: Booking, facts: Facts) -> None:
    for order_id in twins.order_ids(booking):
        payments.request_refund(unit, order_id=order_id, reason=facts.reason or booking.reason)


def _want_confirm(unit: Unit, booking: Booking, facts: Facts) -> None:
    wanted = ConfirmWanted(hospital=booking.institution_code, booking_id=booking.id, fee_fen=booking.fee_fen)
    payment = twins.payment_of(booking, facts.payment)
    if payment is not None:
        wanted = replace(
            wanted,
            payment_number=payment.number,
            paid_fen=payment.amount_fen,
            channel=payment.channel,
            channel_number=payment.channel_number,
            paid_at=payment.paid_at,
        )
    unit.publish(wanted)


def _want_release(unit: Unit, booking: Booking, facts: Facts) -> None:
    reason = facts.reason or booking.reason
    unit.publish(ReleaseWanted(hospital=booking.institution_code, booking_id=booking.id, reason=reason))


def _want_cancel(unit: Unit, booking: Booking, facts: Facts) -> None:
    reason = facts.reason or booking.reason
    unit.publish(CancelWanted(hospital=booking.institution_code, booking_id=booking.id, reason=reason))


def _free_reservation(unit: Unit, booking: Booking, facts: Facts) -> None:  # noqa: ARG001
    reservations.free(booking)


def _teller(kind: str) -> Callable[[Unit, Booking, Facts], None]:
    def act(unit: Unit, booking: Booking, facts: Facts) -> None:  # noqa: ARG001
        tell(unit, booking, kind)

    return act


def _tell_booked(unit: Unit, booking: Booking, facts: Facts) -> None:  # noqa: ARG001
    """Who has paid reads that his payment and his registration both stand, in one message (JA-APPT-13)."""
    paid = booking.settlement == Settlement.PAID and booking.order_id is not None
    tell(unit, booking, "booking.paid" if paid else "booking.booked")


def _sayer(what: Input) -> Callable[[Unit, Booking, Facts], None]:
    def act(unit: Unit, booking: Booking, facts: Facts) -> None:
        twins.say(unit, booking, what, facts.reason or booking.reason)

    return act


def _let_stay(unit: Unit, booking: Booking, facts: Facts) -> None:  # noqa: ARG001
    twins.let_stay(booking)


def _finish_move(unit: Unit, booking: Booking, facts: Facts) -> None:  # noqa: ARG001
    twins.finish(unit, booking)
    tell(unit, booking, "booking.moved")


_ACTIONS: dict[Effect, Callable[[Unit, Booking, Facts], None]] = {
    Effect.OPEN_ORDER: _open_order,
    Effect.CLOSE_ORDER: _close_order,
    Effect.REFUND: _refund,
    Effect.WANT_CONFIRM: _want_confirm,
    Effect.WANT_RELEASE: _want_release,
    Effect.WANT_CANCEL: _want_cancel,
    Effect.FREE_RESERVATION: _free_reservation,
    Effect.TELL_BOOKED: _tell_booked,
    Effect.TELL_PAID: _teller("booking.paid"),
    Effect.TELL_PAY: _teller("booking.pay"),
    Effect.TELL_ENDED: _teller("booking.ended"),
    Effect.TELL_REFUSED: _teller("booking.refused"),
    Effect.TELL_REFUNDED: _teller("booking.refunded"),
    Effect.TELL_WINDOW: _teller("booking.window"),
    Effect.TELL_PAY_AT_WINDOW: _teller("booking.pay_at_window"),
    Effect.SAY_REGISTERED: _sayer(Input.NEW_REGISTERED),
    Effect.SAY_FAILED: _sayer(Input.NEW_FAILED),
    Effect.SAY_GONE: _sayer(Input.OLD_GONE),
    Effect.SAY_STAYS: _sayer(Input.OLD_STAYS),
    Effect.LET_STAY: _let_stay,
    Effect.FINISH_MOVE: _finish_move,
}


def repeat(unit: Unit, booking: Booking, effect: Effect, payment: PaymentFacts | None) -> None:
    """Ask the hospital again for what the booking stands waiting for; the hospital's part may run again."""
    _ACTIONS[effect](unit, booking, Facts(payment=payment))
