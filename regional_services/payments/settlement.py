"""What a fact of the channel does to an attempt and its order. Every rule here holds the order's lock."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from hub.work import Unit
from regional_services.payments import ledger, locks, steps
from regional_services.payments.channels.contract import Prepared, Trade, TradeState
from regional_services.payments.events import CashierTaskOpened, LatePayment, OrderPaid
from regional_services.payments.models import (
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    CashierTask,
    Leg,
    LegState,
    Order,
    OrderState,
    Refund,
    RefundKind,
    TaskKind,
)

# A resident at the cashier pays within seconds or gives up; the notice usually comes first.
_CHECKS_AFTER = (5, 15, 30, 60, 120, 300)
_MOVES = (
    "state",
    "prepay_id",
    "pay_url",
    "transaction_id",
    "paid_fen",
    "paid_at",
    "settles",
    "reason",
    "next_check_at",
    "checks",
    "updated_at",
)
_TAKES_MONEY = frozenset({OrderState.AWAITING_PAYMENT, OrderState.PAYING, OrderState.CLOSING})
_log = logging.getLogger(__name__)


def next_check(now: datetime, checks: int) -> datetime:
    """When to ask the channel again, after `checks` questions."""
    return now + timedelta(seconds=_CHECKS_AFTER[min(checks, len(_CHECKS_AFTER) - 1)])


def take_trade(unit: Unit, attempt_id: UUID, trade: Trade) -> None:
    """Bring an attempt and its order to what the channel says; saying it twice changes nothing."""
    order, attempt = locks.order_of_attempt(attempt_id)
    if attempt.state in {AttemptState.PAID, AttemptState.DISPUTED}:
        return
    if trade.state is TradeState.PAID:
        _take_payment(unit, order, attempt, trade)
    elif attempt.state not in OPEN_ATTEMPTS:
        return
    elif trade.state is TradeState.CLOSED:
        _end_unpaid(unit, order, attempt, AttemptState.CLOSED, "closed")
    elif attempt.state == AttemptState.CLOSING and trade.state is TradeState.ABSENT:
        # Never prepared there, so nobody holds a prepay id: as unpayable as a closed one.
        _end_unpaid(unit, order, attempt, AttemptState.CLOSED, "absent")
    elif attempt.state == AttemptState.CLOSING:
        _schedule(unit, attempt, AttemptState.CLOSING)
    elif attempt.expires_at <= unit.now:
        steps.ask_close(unit, attempt)
    else:
        _schedule(
            unit, attempt, AttemptState.PREPARED if attempt.prepay_id or attempt.pay_url else AttemptState.UNKNOWN
        )


def take_prepared(unit: Unit, attempt_id: UUID, prepared: Prepared) -> None:
    """The channel made the payment ready; a notice or a close that overtook this answer stands."""
    order, attempt = locks.order_of_attempt(attempt_id)
    if attempt.state in {AttemptState.CREATED, AttemptState.UNKNOWN}:
        attempt.prepay_id = prepared.prepay_id
        attempt.pay_url = prepared.pay_url
        attempt.checks = 0
        _schedule(unit, attempt, AttemptState.PREPARED)
        unit.audit("payment.prepared", target=f"attempt:{attempt.id}", detail={"order": str(order.id)})


def take_refusal(unit: Unit, attempt_id: UUID, reason: str) -> None:
    """The channel refused to make the payment ready: this attempt can never be paid."""
    order, attempt = locks.order_of_attempt(attempt_id)
    if attempt.state in OPEN_ATTEMPTS:
        _end_unpaid(unit, order, attempt, AttemptState.FAILED, reason)


def stay_unknown(unit: Unit, attempt_id: UUID, reason: str) -> None:
    """No answer: keep the state if it says more than `unknown`, and ask again later."""
    _, attempt = locks.order_of_attempt(attempt_id)
    if attempt.state not in OPEN_ATTEMPTS:
        return
    attempt.reason = reason[:64]
    state = AttemptState.UNKNOWN if attempt.state == AttemptState.CREATED else AttemptState(attempt.state)
    _schedule(unit, attempt, state)


def drop_dispute(unit: Unit, attempt_id: UUID) -> None:
    """A cashier returned the disputed money at the channel's own desk: the attempt counts as unpaid."""
    order, attempt = locks.order_of_attempt(attempt_id)
    if attempt.state == AttemptState.DISPUTED:
        _end_unpaid(unit, order, attempt, AttemptState.FAILED, "settled by hand")


def open_task(
    unit: Unit,
    kind: TaskKind,
    order: Order,
    *,
    attempt: Attempt | None = None,
    refund: Refund | None = None,
    detail: str,
) -> None:
    """Put a case before the hospital's cashiers, once while it is open, and say so in the log."""
    about = refund or attempt or order
    task, new = CashierTask.objects.get_or_create(
        kind=kind,
        subject=f"{type(about).__name__.lower()}:{about.id}",
        closed_at=None,
        defaults={
            "institution_code": order.institution_code,
            "order": order,
            "attempt": attempt,
            "refund": refund,
            "detail": detail[:200],
            "opened_at": unit.now,
        },
    )
    if not new:
        return
    _log.error("a payment waits for a cashier", extra={"case": kind.value, "task": str(task.id)})
    unit.audit("payment.cashier_task_opened", target=f"task:{task.id}", detail={"kind": kind.value})
    unit.publish(
        CashierTaskOpened(
            order_id=order.id,
            booking_id=order.booking_id,
            institution_code=order.institution_code,
            task_id=task.id,
            kind=kind.value,
        )
    )


def _take_payment(unit: Unit, order: Order, attempt: Attempt, trade: Trade) -> None:
    wrong = _differences(attempt, trade)
    if wrong:
        attempt.transaction_id = trade.transaction_id
        attempt.reason = "mismatch"
        _finish(unit, attempt, AttemptState.DISPUTED)
        open_task(unit, TaskKind.AMOUNT_MISMATCH, order, attempt=attempt, detail=f"不一致：{'、'.join(wrong)}")
        return
    attempt.transaction_id = trade.transaction_id
    attempt.paid_fen = trade.total_fen
    attempt.paid_at = trade.paid_at or unit.now
    attempt.settles = order.state in _TAKES_MONEY
    attempt.reason = ""
    _finish(unit, attempt, AttemptState.PAID)
    ledger.post_payment(attempt, now=unit.now)
    unit.audit(
        "payment.received",
        target=f"attempt:{attempt.id}",
        detail={"order": str(order.id), "amount_fen": attempt.paid_fen, "settles": attempt.settles},
    )
    if attempt.settles:
        _settle_order(unit, order, attempt)
    else:
        _send_back(unit, order, attempt)


def _differences(attempt: Attempt, trade: Trade) -> list[str]:
    merchant = attempt.merchant
    pairs = {
        "商户订单号": (attempt.out_trade_no, trade.out_trade_no),
        "金额": (attempt.amount_fen, trade.total_fen),
        "币种": ("CNY", trade.currency),
        "商户号": (merchant.mchid, trade.mchid),
        "公众账号": (merchant.appid, trade.appid),
    }
    return [name for name, (ours, theirs) in pairs.items() if ours != theirs]


def _settle_order(unit: Unit, order: Order, attempt: Attempt) -> None:
    Leg.objects.filter(pk=attempt.leg_id).update(state=LegState.PAID)
    order.state = OrderState.PAID
    order.paid_at = attempt.paid_at
    order.updated_at = unit.now
    order.save(update_fields=["state", "paid_at", "updated_at"])
    for other in locks.attempts(order).filter(state__in=OPEN_ATTEMPTS):
        steps.ask_close(unit, other)
    unit.publish(
        OrderPaid(
            order_id=order.id,
            booking_id=order.booking_id,
            institution_code=order.institution_code,
            paid_at=order.paid_at or unit.now,
        )
    )


def _send_back(unit: Unit, order: Order, attempt: Attempt) -> None:
    late = order.state == OrderState.CLOSED
    refund = steps.place_refund(
        unit,
        order=order,
        attempt=attempt,
        kind=RefundKind.LATE if late else RefundKind.DUPLICATE,
        reason="订单已关闭，款项退回" if late else "重复支付，款项退回",
    )
    unit.publish(
        LatePayment(
            order_id=order.id,
            booking_id=order.booking_id,
            institution_code=order.institution_code,
            attempt_id=attempt.id,
            refund_id=refund.id,
            amount_fen=attempt.paid_fen,
        )
    )


def _end_unpaid(unit: Unit, order: Order, attempt: Attempt, state: AttemptState, reason: str) -> None:
    attempt.reason = reason[:64]
    _finish(unit, attempt, state)
    unit.audit(
        "payment.attempt_ended",
        target=f"attempt:{attempt.id}",
        detail={"order": str(order.id), "state": state.value, "reason": attempt.reason},
    )
    unsettled = [*OPEN_ATTEMPTS, AttemptState.DISPUTED]
    if Attempt.objects.filter(order=order, state__in=unsettled).exists():
        return
    if order.state == OrderState.CLOSING:
        steps.close_definitely(unit, order)
    elif order.state == OrderState.PAYING:
        order.state = OrderState.AWAITING_PAYMENT
    order.updated_at = unit.now
    order.save(update_fields=["state", "updated_at"])


def _finish(unit: Unit, attempt: Attempt, state: AttemptState) -> None:
    attempt.state = state
    attempt.next_check_at = None
    attempt.updated_at = unit.now
    attempt.save(update_fields=_MOVES)


def _schedule(unit: Unit, attempt: Attempt, state: AttemptState) -> None:
    attempt.state = state
    attempt.next_check_at = next_check(unit.now, attempt.checks)
    attempt.checks += 1
    attempt.updated_at = unit.now
    attempt.save(update_fields=_MOVES)
