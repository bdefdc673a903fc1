"""What the two bookings of a rescheduling share: their money, and what they tell each other (process/twins.py).

Orders stay with the bookings they were made for. A booking's money is its own order and those of the bookings it came
from; whoever is refunded, is refunded all of them.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hub.ids import domain_number
from hub.work import Unit
from regional_services.booking.events import TwinSaid
from regional_services.booking.models import Booking, Moving, Settlement
from regional_services.booking.process import Input, Twin
from regional_services.payments import selectors as payments
from regional_services.payments import steps as paying
from tenants.appointments.asks import PaymentFacts


def twin_of(booking: Booking) -> Twin:
    """The booking's part in a rescheduling; one that was itself rescheduled may be left again."""
    if booking.replaced_by is not None:
        return Twin.LEAVING
    return Twin(booking.moving) if booking.moving else Twin.NONE


def shares_money(booking: Booking) -> bool:
    """Whether money paid for the old booking counts for the new one; a free visit takes none."""
    if booking.replaced_by is not None:
        return booking.lent_fen > 0
    return booking.moving == Moving.TAKING and booking.carried_fen > 0 and booking.fee_fen > 0


def due_fen(booking: Booking) -> int:
    """What is still to be paid for a booking: its price, less what came with it."""
    return max(booking.fee_fen - booking.carried_fen, 0)


def say(unit: Unit, booking: Booking, what: Input, reason: str) -> None:
    """Tell the other booking; it hears after this transaction."""
    other = booking.replaces if what in {Input.NEW_REGISTERED, Input.NEW_FAILED} else booking.replaced_by
    if other is None:
        return
    unit.publish(
        TwinSaid(
            hospital=booking.institution_code, booking_id=other, twin=booking.id, what=what.value, reason=reason[:120]
        )
    )
    if what is Input.NEW_FAILED:
        booking.moving = Moving.UNDONE


def let_stay(booking: Booking) -> None:
    """The old booking is nobody's twin any more."""
    booking.replaced_by, booking.lent_fen = None, 0


def finish(unit: Unit, booking: Booking) -> None:
    """The old number is given back: what was paid beyond the new price goes back too."""
    booking.moving = Moving.TAKEN
    left = booking.carried_fen - booking.fee_fen
    for order_id in sorted(_carried_orders(booking)):
        if left > 0:
            left -= paying.refund_up_to(unit, order_id=order_id, amount_fen=left, reason="改约差额退回")


def order_ids(booking: Booking) -> list[UUID]:
    """All orders whose money is this booking's, in the order they are locked.

    What a booking came with is the old one's until that one is given back.
    """
    own = {booking.order_id} if booking.order_id else set()
    old_stands = booking.moving in {Moving.TAKING, Moving.UNDONE}
    return sorted(own if old_stands else own | _carried_orders(booking))


def _carried_orders(booking: Booking) -> set[UUID]:
    """The orders of the bookings it came from. No query for one that was never rescheduled."""
    if booking.chain is None:
        return set()
    rows = Booking.objects.filter(chain=booking.chain, settlement=Settlement.MOVED, order_id__isnull=False)
    return {order_id for order_id in rows.exclude(id=booking.id).values_list("order_id", flat=True) if order_id}


def whose_refund(booking_id: UUID) -> UUID:
    """The booking that waits for a refund of an order made for `booking_id`: the one its money moved on to."""
    made = Booking.objects.filter(id=booking_id).values_list("chain", "settlement").first()
    if made is None or made[0] is None or made[1] != Settlement.MOVED:
        return booking_id
    waiting = (Settlement.REFUNDING, Settlement.REFUND_FAILED)
    head = Booking.objects.filter(chain=made[0], settlement__in=waiting).order_by("-created_at")
    return head.values_list("id", flat=True).first() or booking_id


def still_refunding(booking_id: UUID) -> bool:
    """Whether some of the booking's orders are not refunded yet; a booking of its own order alone is never in part."""
    booking = Booking.objects.filter(id=booking_id, chain__isnull=False).first()
    return booking is not None and payments.any_refunding(order_ids(booking))


def payment_of(booking: Booking, payment: PaymentFacts | None) -> PaymentFacts | None:
    """The payment as the hospital has to know it: the whole price, though a part was paid for the old number.

    Where nothing had to be paid beyond that, it has a number of its own: the old payment's is the old registration's.
    """
    if not booking.carried_fen or not booking.fee_fen or booking.settlement != Settlement.PAID:
        return payment
    if payment is not None:
        return replace(payment, amount_fen=booking.fee_fen)
    old = Booking.objects.filter(id=booking.replaces).first() if booking.replaces else None
    paid = sorted(payments.settling_attempts(order_ids(old) if old else []).values(), key=lambda attempt: attempt.id)
    if not paid:
        return None
    last = payments.order(paid[-1].order_id)
    return PaymentFacts(
        number=domain_number("T", booking.id),
        amount_fen=booking.fee_fen,
        channel=paid[-1].channel,
        channel_number=paid[-1].transaction_id,
        paid_at=last.paid_at if last and last.paid_at else booking.created_at,
    )
