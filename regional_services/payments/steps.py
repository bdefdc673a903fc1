"""Parts of others' transactions: an order is made, closed and refunded inside the unit of whoever owns the booking."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db.models import Sum

from hub.errors import NotFound
from hub.ids import payment_number, uuid7
from hub.tenancy.statements import Statement
from hub.work import Unit
from regional_services.payments import locks
from regional_services.payments.errors import OrderNotRefundable
from regional_services.payments.events import AttemptCloseAsked, OrderClosed, OrderPaid, RefundAsked, RefundFinished
from regional_services.payments.models import (
    OPEN_ATTEMPTS,
    OPEN_ORDERS,
    OPEN_REFUNDS,
    Attempt,
    AttemptState,
    LegKind,
    LegState,
    Order,
    OrderState,
    Refund,
    RefundKind,
    RefundState,
    Scene,
)
from regional_services.payments.selectors import OrderView, current_merchants, order_view

# An ask that got lost on its way is found by the sweep this much later.
RECHECK = timedelta(seconds=30)

# Order and leg in one statement: the booking path counts its round trips, and a repeat must find the first order.
_INSERT_ORDER = Statement(
    "default",
    """
WITH placed AS (
    INSERT INTO payments_order (id, institution_code, booking_id, patient_id, payer_account_id, insured_id, title,
                                amount_fen, state, close_reason, deadline, paid_at, created_at, updated_at)
    VALUES (%(id)s, %(institution)s, %(booking)s, %(patient)s, %(payer)s, %(insured)s, %(title)s,
            %(amount)s, %(state)s, '', %(deadline)s, %(paid_at)s, %(now)s, %(now)s)
    ON CONFLICT (booking_id) DO NOTHING
    RETURNING id, institution_code, amount_fen)
INSERT INTO payments_leg (id, institution_code, order_id, kind, amount_fen, refunded_fen, state)
SELECT %(leg)s, institution_code, id, %(kind)s, amount_fen, 0, %(leg_state)s FROM placed
""",
)


def create_order(
    unit: Unit,
    *,
    booking_id: UUID,
    institution_code: str,
    patient_id: UUID,
    payer_account_id: UUID,
    title: str,
    amount_fen: int,
    deadline: datetime,
    insured_id: UUID | None = None,
) -> OrderView:
    """The one order of a booking; asked again it answers with the first. Nothing owed is paid at once."""
    if amount_fen < 0:
        raise ValueError("an order can't be negative")
    paid_at = unit.now if amount_fen == 0 else None
    order = Order(
        id=uuid7(),
        institution_code=institution_code,
        booking_id=booking_id,
        patient_id=patient_id,
        payer_account_id=payer_account_id,
        insured_id=insured_id,
        title=title,
        amount_fen=amount_fen,
        state=OrderState.PAID if paid_at else OrderState.AWAITING_PAYMENT,
        deadline=deadline,
        paid_at=paid_at,
        created_at=unit.now,
        updated_at=unit.now,
    )
    if not _insert(order):
        unit.audit("payment.order_repeated", target=f"booking:{booking_id}")
        return order_view(Order.objects.get(booking_id=booking_id))
    unit.audit("payment.order_created", target=f"order:{order.id}", detail={"amount_fen": amount_fen})
    if paid_at:
        unit.publish(
            OrderPaid(order_id=order.id, booking_id=booking_id, institution_code=institution_code, paid_at=paid_at)
        )
    return order_view(order)


def _insert(order: Order) -> bool:
    return (
        _INSERT_ORDER.run(
            id=order.id,
            institution=order.institution_code,
            booking=order.booking_id,
            patient=order.patient_id,
            payer=order.payer_account_id,
            insured=order.insured_id,
            title=order.title,
            amount=order.amount_fen,
            state=order.state,
            deadline=order.deadline,
            paid_at=order.paid_at,
            now=order.created_at,
            leg=uuid7(),
            kind=LegKind.SELF_PAY,
            leg_state=LegState.PAID if order.paid_at else LegState.DUE,
        )
        == 1
    )


def request_close(unit: Unit, *, order_id: UUID, reason: str) -> OrderView:
    """Let nobody pay this order any more; `OrderClosed` follows once the channel has said so for every attempt.

    A paid order stays as it is: its owner asks for a refund instead. Asking twice changes nothing; whoever asks for an
    order that is closed already is told so once more.
    """
    order = locks.order(order_id)
    if order is None:
        raise NotFound
    if order.state == OrderState.CLOSED:
        unit.audit("payment.close_requested", target=f"order:{order.id}", outcome="repeated")
        _tell_closed(unit, order)
    if order.state not in {OrderState.AWAITING_PAYMENT, OrderState.PAYING}:
        return order_view(order)
    open_attempts = list(locks.attempts(order).filter(state__in=OPEN_ATTEMPTS))
    disputed = Attempt.objects.filter(order=order, state=AttemptState.DISPUTED).exists()
    order.close_reason = reason[:40]
    order.state = OrderState.CLOSING
    order.updated_at = unit.now
    unit.audit("payment.close_requested", target=f"order:{order.id}", detail={"reason": order.close_reason})
    for attempt in open_attempts:
        ask_close(unit, attempt)
    if not open_attempts and not disputed:
        close_definitely(unit, order)
    order.save(update_fields=["close_reason", "state", "updated_at"])
    return order_view(order)


def ask_close(unit: Unit, attempt: Attempt) -> None:
    """Ask the channel to close one attempt; it stays open to us until the channel's own answer."""
    attempt.state = AttemptState.CLOSING
    attempt.checks = 0
    attempt.next_check_at = unit.now + RECHECK
    attempt.updated_at = unit.now
    attempt.save(update_fields=["state", "checks", "next_check_at", "updated_at"])
    unit.publish(AttemptCloseAsked(attempt_id=attempt.id, hospital=attempt.institution_code))


def close_definitely(unit: Unit, order: Order) -> None:
    """Close an order none of whose attempts can be paid any more; the caller holds its lock and saves it."""
    order.state = OrderState.CLOSED
    order.updated_at = unit.now
    order.legs.filter(state=LegState.DUE).update(state=LegState.VOID)
    _tell_closed(unit, order)


def _tell_closed(unit: Unit, order: Order) -> None:
    unit.publish(OrderClosed(order_id=order.id, booking_id=order.booking_id, institution_code=order.institution_code))


def request_refund(unit: Unit, *, order_id: UUID, reason: str) -> UUID:
    """Give back what was paid for the order; the refund already on its way is the answer to a second asking."""
    order = locks.order(order_id)
    if order is None:
        raise NotFound
    earlier = Refund.objects.filter(order=order, kind=RefundKind.REQUESTED).order_by("-created_at").first()
    if earlier is not None and earlier.state != RefundState.CLOSED:
        return earlier.id
    attempt = locks.attempts(order).filter(state=AttemptState.PAID, settles=True).first()
    if attempt is None or order.state not in _REFUNDABLE:
        raise OrderNotRefundable
    left = attempt.paid_fen - _differences(attempt)
    if left == 0:
        return _all_given(unit, order, attempt)
    refund = place_refund(unit, order=order, attempt=attempt, kind=RefundKind.REQUESTED, reason=reason, amount_fen=left)
    order.state = OrderState.REFUNDING
    order.updated_at = unit.now
    order.save(update_fields=["state", "updated_at"])
    return refund.id


_REFUNDABLE = frozenset({OrderState.PAID, OrderState.PARTIALLY_REFUNDED, OrderState.REFUNDING})


def _differences(attempt: Attempt) -> int:
    """What of it went back, or is on its way, because the service turned out cheaper."""
    rows = Refund.objects.filter(attempt=attempt, kind=RefundKind.DIFFERENCE).exclude(state=RefundState.CLOSED)
    return int(rows.aggregate(sum=Sum("amount_fen"))["sum"] or 0)


def _all_given(unit: Unit, order: Order, attempt: Attempt) -> UUID:
    """Nothing is left to refund: differences gave all of it back before."""
    last = Refund.objects.filter(attempt=attempt, kind=RefundKind.DIFFERENCE).order_by("-sequence")[0]
    unit.publish(
        RefundFinished(
            order_id=order.id,
            booking_id=order.booking_id,
            institution_code=order.institution_code,
            refund_id=last.id,
            succeeded=True,
        )
    )
    return last.id


def refund_difference(unit: Unit, *, order_id: UUID, amount_fen: int, reason: str) -> UUID | None:
    """Give back a part of what was paid because the visit costs less now; the order stands.

    None where nothing is left to give: the order is not paid, or all of it is on its way back.
    """
    refund = _refund_part(unit, order_id, amount_fen, reason)
    return refund.id if refund else None


def refund_up_to(unit: Unit, *, order_id: UUID, amount_fen: int, reason: str) -> int:
    """The same for a sum that several orders may have to give: how much of it this one gives back, in fen."""
    refund = _refund_part(unit, order_id, amount_fen, reason)
    return refund.amount_fen if refund else 0


def _refund_part(unit: Unit, order_id: UUID, amount_fen: int, reason: str) -> Refund | None:
    order = locks.order(order_id)
    attempt = locks.attempts(order).filter(state=AttemptState.PAID, settles=True).first() if order else None
    if order is None or attempt is None or order.state not in {OrderState.PAID, OrderState.PARTIALLY_REFUNDED}:
        return None
    left = min(amount_fen, attempt.paid_fen - _differences(attempt))
    if left <= 0:
        return None
    return place_refund(unit, order=order, attempt=attempt, kind=RefundKind.DIFFERENCE, reason=reason, amount_fen=left)


def place_refund(
    unit: Unit, *, order: Order, attempt: Attempt, kind: RefundKind, reason: str, amount_fen: int | None = None
) -> Refund:
    """A refund of an attempt, whole unless said; the channel is asked after the commit.

    Its number follows from the attempt and its place among the attempt's refunds: a district that came back from
    yesterday and refunds again asks for the same refund, and the channel gives the money back once.
    """
    sequence = Refund.objects.filter(attempt=attempt).count() + 1
    refund = Refund.objects.create(
        id=uuid7(),
        institution_code=order.institution_code,
        order=order,
        attempt=attempt,
        kind=kind,
        sequence=sequence,
        out_refund_no=payment_number(uuid5(attempt.id, f"refund {sequence}")),
        amount_fen=attempt.paid_fen if amount_fen is None else amount_fen,
        reason=reason[:80],
        next_check_at=unit.now + RECHECK,
        created_at=unit.now,
        updated_at=unit.now,
    )
    unit.audit(
        "payment.refund_requested",
        target=f"refund:{refund.id}",
        detail={"order": str(order.id), "kind": kind.value, "amount_fen": refund.amount_fen},
    )
    unit.publish(RefundAsked(refund_id=refund.id, hospital=order.institution_code))
    return refund


def adopt_attempt(unit: Unit, *, order_id: UUID, out_trade_no: str) -> bool:
    """Take up a try to pay that a district of yesterday has forgotten; the sweep asks the channel what became of it.

    False when the number is not one of ours, the order is over, or the hospital collects by more than one channel, so
    that nobody can say which one to ask.
    """
    order = locks.order(order_id)
    merchants = current_merchants(order.institution_code) if order else []
    if order is None or order.state not in OPEN_ORDERS or len(merchants) != 1 or not _ours(out_trade_no):
        return False
    leg = order.legs.get(kind=LegKind.SELF_PAY, state=LegState.DUE)
    Attempt.objects.create(
        id=UUID(hex=out_trade_no),
        institution_code=order.institution_code,
        order=order,
        leg=leg,
        merchant=merchants[0],
        channel=merchants[0].channel,
        out_trade_no=out_trade_no,
        amount_fen=leg.amount_fen,
        scene=Scene.BROWSER,
        payer={},
        state=AttemptState.PREPARED,
        expires_at=unit.now,
        next_check_at=unit.now,
        created_at=unit.now,
        updated_at=unit.now,
    )
    order.state, order.updated_at = OrderState.PAYING, unit.now
    order.save(update_fields=["state", "updated_at"])
    unit.audit("payment.attempt_adopted", target=f"attempt:{UUID(hex=out_trade_no)}", detail={"order": str(order.id)})
    return True


def _ours(out_trade_no: str) -> bool:
    """A number of this hub's making that no attempt has yet."""
    try:
        attempt_id = UUID(hex=out_trade_no)
    except ValueError:
        return False
    return not Attempt.objects.filter(pk=attempt_id).exists()


def ask_channels_again(unit: Unit, institution_code: str) -> int:
    """Have the sweep ask the channel now what became of every open attempt and refund of a hospital; how many."""
    open_attempts = Attempt.objects.filter(institution_code=institution_code, state__in=OPEN_ATTEMPTS)
    open_refunds = Refund.objects.filter(institution_code=institution_code, state__in=OPEN_REFUNDS)
    asked = open_attempts.update(next_check_at=unit.now) + open_refunds.update(next_check_at=unit.now)
    unit.audit("payment.channels_asked_again", target=f"hospital:{institution_code}", detail={"asked": asked})
    return asked
