"""Writes of payments that own their transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet

from hub import clock
from hub.actor import Actor
from hub.errors import NotFound
from hub.ids import payment_number, uuid7
from hub.tenancy.scope import REGION, region
from hub.work import Command, Unit, work
from regional_services.payments import access, conversations, locks, selectors, steps
from regional_services.payments.channels.registry import channel as channel_called
from regional_services.payments.errors import OrderNotPayable, TooManyAttempts
from regional_services.payments.events import AttemptCheckDue, PrepayAsked, RefundCheckDue
from regional_services.payments.models import (
    OPEN_ORDERS,
    Attempt,
    AttemptState,
    LegKind,
    LegState,
    Order,
    OrderState,
    Refund,
    Scene,
)
from regional_services.payments.selectors import AttemptView, attempt_view

MAX_ATTEMPTS = 10
# WeChat Pay keeps a prepay id for two hours, a cashier address for five minutes, and takes no nearer end than a minute.
_LONGEST = {Scene.APP: timedelta(hours=2), Scene.BROWSER: timedelta(minutes=5)}
_SHORTEST = timedelta(minutes=1)
_LEASE = timedelta(seconds=60)
_BATCH = 200
Row = TypeVar("Row", Attempt, Refund)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReport:
    """What one sweep set going."""

    attempts: int
    refunds: int
    closing: int


def start_attempt(
    order_id: UUID, *, actor: Actor, command: Command, openid: str = "", channel: str = "wechat"
) -> AttemptView:
    """Begin to collect an order; the channel is asked after the commit, so the answer is read by asking again.

    A payer who comes back finds the attempt he began; a second payer gets one of his own, and whichever is paid first
    closes the other. Without an openid the payer is taken to be in a browser outside the channel's app.
    """
    channel_called(channel)
    with work(REGION, actor=actor) as unit:
        access.order_for(actor, order_id)
        claim = unit.claim(command, reference=str(order_id))
        if not claim.new:
            return attempt_view(Attempt.objects.get(pk=UUID((claim.response or {})["attempt_id"])))
        attempt = _attempt(unit, order_id, channel, openid)
        unit.answer(command, {"attempt_id": str(attempt.id)})
        return attempt_view(attempt)


def _attempt(unit: Unit, order_id: UUID, channel: str, openid: str) -> Attempt:
    order = locks.order(order_id)
    if order is None:
        raise NotFound
    if order.state not in OPEN_ORDERS or order.deadline <= unit.now:
        raise OrderNotPayable
    earlier = list(locks.attempts(order))
    for attempt in earlier:
        if attempt.channel == channel and attempt.payer.get("openid", "") == openid and _usable(attempt, unit.now):
            unit.audit("payment.attempt_resumed", target=f"attempt:{attempt.id}", detail={"order": str(order.id)})
            return attempt
    if len(earlier) >= MAX_ATTEMPTS:
        raise TooManyAttempts
    return _new_attempt(unit, order, channel, openid)


def _usable(attempt: Attempt, now: datetime) -> bool:
    waiting = attempt.state in {AttemptState.CREATED, AttemptState.PREPARED, AttemptState.UNKNOWN}
    return waiting and attempt.expires_at > now


def _new_attempt(unit: Unit, order: Order, channel: str, openid: str) -> Attempt:
    attempt_id = uuid7()
    scene = Scene.APP if openid else Scene.BROWSER
    leg = order.legs.get(kind=LegKind.SELF_PAY, state=LegState.DUE)
    attempt = Attempt.objects.create(
        id=attempt_id,
        institution_code=order.institution_code,
        order=order,
        leg=leg,
        merchant=selectors.current_merchant(order.institution_code, channel),
        channel=channel,
        out_trade_no=payment_number(attempt_id),
        amount_fen=leg.amount_fen,
        scene=scene,
        payer={"openid": openid} if openid else {"ip": unit.actor.ip or "127.0.0.1"},
        expires_at=min(max(order.deadline, unit.now + _SHORTEST), unit.now + _LONGEST[scene]),
        next_check_at=unit.now + steps.RECHECK,
        created_at=unit.now,
        updated_at=unit.now,
    )
    order.state = OrderState.PAYING
    order.updated_at = unit.now
    order.save(update_fields=["state", "updated_at"])
    unit.audit("payment.attempt_started", target=f"attempt:{attempt.id}", detail={"order": str(order.id)})
    unit.publish(PrepayAsked(attempt_id=attempt.id, hospital=order.institution_code))
    return attempt


def call_up(attempt_id: UUID, *, actor: Actor) -> dict[str, str]:
    """The signed parameters that open the channel's cashier for a ready attempt; nothing is written."""
    with region(read_only=True):
        attempt = access.attempt_for(actor, attempt_id)
    if not attempt_view(attempt).ready or not attempt.prepay_id:
        raise OrderNotPayable
    return channel_called(attempt.channel).call_up(attempt.merchant, attempt.prepay_id)


def cashier_url(attempt: AttemptView, *, return_url: str) -> str:
    """Where a browser pays a ready attempt; the channel sends it back to `return_url` whatever happened."""
    if not attempt.ready or not attempt.pay_url:
        raise OrderNotPayable
    return f"{attempt.pay_url}&{urlencode({'redirect_url': return_url})}"


def sweep() -> SweepReport:
    """Set going whatever should have moved and has not: due questions, lost asks, orders past their deadline.

    Safe to run at any time and twice at once: rows are taken with SKIP LOCKED and their next date moves first.
    """
    with work(REGION, actor=conversations.ACTOR) as unit:
        attempts = _lease(Attempt.objects.all(), unit.now)
        for attempt in attempts:
            unit.publish(AttemptCheckDue(attempt_id=attempt.id, hospital=attempt.institution_code))
        refunds = _lease(Refund.objects.all(), unit.now)
        for refund in refunds:
            unit.publish(RefundCheckDue(refund_id=refund.id, hospital=refund.institution_code))
        if attempts or refunds:
            detail = {"attempts": len(attempts), "refunds": len(refunds)}
            unit.audit("payment.swept", target="payments", detail=detail)
    return SweepReport(attempts=len(attempts), refunds=len(refunds), closing=_close_overdue())


def _lease(rows: QuerySet[Row], now: datetime) -> list[Row]:
    due = list(
        rows.select_for_update(skip_locked=True)
        .filter(next_check_at__lte=now)
        .only("id", "institution_code")
        .order_by("next_check_at")[:_BATCH]
    )
    if due:
        rows.filter(pk__in=[row.pk for row in due]).update(next_check_at=now + _LEASE)
    return due


def _close_overdue() -> int:
    with region(read_only=True):
        overdue = list(
            Order.objects.filter(state__in=OPEN_ORDERS, deadline__lte=clock.now())
            .order_by("deadline")
            .values_list("pk", flat=True)[:_BATCH]
        )
    for order_id in overdue:
        with work(REGION, actor=conversations.ACTOR) as unit:
            steps.request_close(unit, order_id=order_id, reason="deadline")
    return len(overdue)
