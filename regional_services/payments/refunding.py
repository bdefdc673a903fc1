"""What a fact of the channel does to a refund and its order. Every rule here holds the order's lock."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from hub.work import Unit
from regional_services.payments import ledger, locks
from regional_services.payments.channels.contract import RefundFact, RefundStatus
from regional_services.payments.events import RefundFinished
from regional_services.payments.models import (
    OF_THE_ORDER,
    OPEN_REFUNDS,
    CashierTask,
    Leg,
    LegState,
    Order,
    OrderState,
    Refund,
    RefundKind,
    RefundState,
    TaskKind,
)
from regional_services.payments.settlement import open_task

# A wallet gets its money at once, a bank card in one to three working days.
_CHECKS_AFTER = (5, 15, 60, 300, 1800, 7200)
_PROBLEMS = {
    RefundStatus.CLOSED: (RefundState.CLOSED, TaskKind.REFUND_CLOSED),
    RefundStatus.ABNORMAL: (RefundState.ABNORMAL, TaskKind.REFUND_ABNORMAL),
}


def take_fact(unit: Unit, refund_id: UUID, fact: RefundFact) -> None:
    """Bring a refund and its order to what the channel says; saying it twice changes nothing."""
    order, refund = locks.order_of_refund(refund_id)
    if refund.state in {RefundState.SUCCEEDED, RefundState.CLOSED}:
        return
    if refund.state == RefundState.BY_HAND:
        if fact.status is RefundStatus.SUCCEEDED:
            detail = f"退款单号 {refund.out_refund_no} 窗口已退，渠道又退"
            open_task(unit, TaskKind.REFUNDED_TWICE, order, refund=refund, detail=detail)
        return
    refund.channel_refund_id = fact.refund_id or refund.channel_refund_id
    if fact.status is RefundStatus.SUCCEEDED and fact.refund_fen == refund.amount_fen:
        _succeed(unit, order, refund, fact.finished_at or unit.now)
    elif fact.status is RefundStatus.SUCCEEDED:
        refund.problem = "mismatch"
        _give_to_cashier(
            unit, order, refund, RefundState.ABNORMAL, TaskKind.AMOUNT_MISMATCH, f"渠道退款 {fact.refund_fen} 分"
        )
    elif fact.status in _PROBLEMS:
        state, kind = _PROBLEMS[fact.status]
        refund.problem = fact.status.value
        _give_to_cashier(unit, order, refund, state, kind, f"退款单号 {refund.out_refund_no}")
    elif refund.state in OPEN_REFUNDS:
        _schedule(unit, refund, RefundState.PROCESSING)


def take_refusal(unit: Unit, refund_id: UUID, reason: str, *, retry: bool) -> None:
    """The channel refused. `retry`: it may accept the same number later (the merchant's balance is short)."""
    order, refund = locks.order_of_refund(refund_id)
    if refund.state not in OPEN_REFUNDS:
        return
    refund.problem = reason[:64]
    detail = f"退款单号 {refund.out_refund_no}，渠道答复 {refund.problem}"
    if retry:
        open_task(unit, TaskKind.REFUND_REFUSED, order, refund=refund, detail=detail)
        _schedule(unit, refund, RefundState.UNKNOWN)
    else:
        _give_to_cashier(unit, order, refund, RefundState.ABNORMAL, TaskKind.REFUND_REFUSED, detail)


def stay_unknown(unit: Unit, refund_id: UUID, reason: str) -> None:
    """No answer: ask again later, with the same number; one that stays away for hours is a person's to look at."""
    order, refund = locks.order_of_refund(refund_id)
    if refund.state in OPEN_REFUNDS:
        refund.problem = reason[:64]
        if refund.checks >= len(_CHECKS_AFTER):
            detail = f"退款单号 {refund.out_refund_no}，渠道一直没有明确答复：{refund.problem}"
            open_task(unit, TaskKind.REFUND_REFUSED, order, refund=refund, detail=detail)
        _schedule(unit, refund, RefundState.UNKNOWN)


def settle_by_hand(unit: Unit, refund_id: UUID) -> None:
    """A cashier gave the money back over the desk; a refund that was asked for anew meanwhile counts instead."""
    order, refund = locks.order_of_refund(refund_id)
    anew = Refund.objects.filter(attempt=refund.attempt, sequence__gt=refund.sequence).exists()
    if refund.state in {RefundState.ABNORMAL, RefundState.CLOSED} and not anew:
        _succeed(unit, order, refund, unit.now, RefundState.BY_HAND)


def _succeed(
    unit: Unit, order: Order, refund: Refund, finished_at: datetime, state: RefundState = RefundState.SUCCEEDED
) -> None:
    refund.finished_at = finished_at
    refund.problem = ""
    _finish(unit, refund, state)
    ledger.post_refund(refund, now=unit.now)
    CashierTask.objects.filter(refund=refund, closed_at=None).update(
        closed_at=unit.now, closed_by_name=unit.actor.name, resolution="渠道确认退款成功"
    )
    unit.audit(
        "payment.refunded",
        target=f"refund:{refund.id}",
        detail={"order": str(order.id), "kind": refund.kind, "amount_fen": refund.amount_fen},
    )
    if refund.kind not in OF_THE_ORDER:
        return
    leg = Leg.objects.get(pk=refund.attempt.leg_id)
    leg.refunded_fen += refund.amount_fen
    whole = leg.refunded_fen == leg.amount_fen
    leg.state = LegState.REFUNDED if whole else LegState.PARTIALLY_REFUNDED
    leg.save(update_fields=["refunded_fen", "state"])
    if whole or order.state != OrderState.REFUNDING or refund.kind == RefundKind.REQUESTED:
        _move(unit, order, OrderState.REFUNDED if whole else OrderState.PARTIALLY_REFUNDED)
    if refund.kind == RefundKind.REQUESTED:
        _announce(unit, order, refund, succeeded=True)


def _give_to_cashier(unit: Unit, order: Order, refund: Refund, state: RefundState, kind: TaskKind, detail: str) -> None:
    known = refund.state == state
    _finish(unit, refund, state)
    open_task(unit, kind, order, refund=refund, detail=detail)
    if known or refund.kind != RefundKind.REQUESTED:
        return
    if state == RefundState.CLOSED:
        given = Leg.objects.filter(order=order, refunded_fen__gt=0).exists()
        _move(unit, order, OrderState.PARTIALLY_REFUNDED if given else OrderState.PAID)
    _announce(unit, order, refund, succeeded=False)


def _announce(unit: Unit, order: Order, refund: Refund, *, succeeded: bool) -> None:
    unit.publish(
        RefundFinished(
            order_id=order.id,
            booking_id=order.booking_id,
            institution_code=order.institution_code,
            refund_id=refund.id,
            succeeded=succeeded,
        )
    )


def _move(unit: Unit, order: Order, state: OrderState) -> None:
    order.state = state
    order.updated_at = unit.now
    order.save(update_fields=["state", "updated_at"])


def _finish(unit: Unit, refund: Refund, state: RefundState) -> None:
    refund.state = state
    refund.next_check_at = None
    refund.updated_at = unit.now
    refund.save()


def _schedule(unit: Unit, refund: Refund, state: RefundState) -> None:
    refund.state = state
    refund.next_check_at = unit.now + timedelta(seconds=_CHECKS_AFTER[min(refund.checks, len(_CHECKS_AFTER) - 1)])
    refund.checks += 1
    refund.updated_at = unit.now
    refund.save()
