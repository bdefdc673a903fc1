"""Talks with a channel: read what is needed, ask outside of any transaction, record the answer. Each is safe to repeat.

A crash between the channel's answer and its record leaves an attempt that says it was asked: the next run asks what
became of the number before it asks for anything again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from hub.actor import system_actor
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.payments import locks, refunding, settlement
from regional_services.payments.channels.contract import (
    Answer,
    Channel,
    Outcome,
    PrepayRequest,
    RefundFact,
    RefundRequest,
    RefundStatus,
    RefusedBecause,
    Trade,
    TradeState,
)
from regional_services.payments.channels.registry import channel
from regional_services.payments.models import OPEN_REFUNDS, Attempt, AttemptState, MerchantAccount, Refund, RefundState

ACTOR = system_actor("payments")
_UNPREPARED = frozenset({AttemptState.CREATED, AttemptState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class _Ask:
    """What a talk about an attempt needs, read before it begins."""

    attempt: Attempt
    title: str
    asked_before: bool

    @property
    def merchant(self) -> MerchantAccount:
        return self.attempt.merchant

    @property
    def line(self) -> Channel:
        return channel(self.attempt.channel)


def notify_url(merchant_id: UUID) -> str:
    """Where the channel sends the notices about a merchant's payments."""
    return f"{settings.PUBLIC_ORIGIN}/api/provider/v1/wechatpay/{merchant_id}/notify"


def prepare(attempt_id: UUID) -> None:
    """Make an attempt ready to be paid; a number that may already be known there is asked about first."""
    ask = _begin(attempt_id)
    if ask is None:
        return
    if ask.asked_before:
        known = ask.line.query(ask.merchant, ask.attempt.out_trade_no)
        if known.value is None or known.value.state in {TradeState.PAID, TradeState.CLOSED}:
            _record(attempt_id, known)
            return
    answer = ask.line.prepay(ask.merchant, _prepay_request(ask))
    if answer.outcome is Outcome.REJECTED and answer.reason == RefusedBecause.NUMBER_TAKEN:
        _record(attempt_id, ask.line.query(ask.merchant, ask.attempt.out_trade_no))
        return
    with work(REGION, actor=ACTOR) as unit:
        unit.audit("payment.prepay_answered", target=f"attempt:{attempt_id}", detail=_said(answer))
        if answer.value is not None:
            settlement.take_prepared(unit, attempt_id, answer.value)
        elif answer.outcome is Outcome.REJECTED:
            settlement.take_refusal(unit, attempt_id, answer.reason)
        else:
            settlement.stay_unknown(unit, attempt_id, answer.reason)


def close(attempt_id: UUID) -> None:
    """Close an attempt at the channel; what counts is the query afterwards, not the answer to the close."""
    attempt = _attempt(attempt_id)
    if attempt.state != AttemptState.CLOSING:
        return
    line = channel(attempt.channel)
    line.close(attempt.merchant, attempt.out_trade_no)
    _record(attempt_id, line.query(attempt.merchant, attempt.out_trade_no))


def check(attempt_id: UUID) -> None:
    """Ask what became of an attempt, and go on with it from there."""
    attempt = _attempt(attempt_id)
    if attempt.state in _UNPREPARED:
        prepare(attempt_id)
    elif attempt.state == AttemptState.CLOSING:
        close(attempt_id)
    elif attempt.state == AttemptState.PREPARED:
        _record(attempt_id, channel(attempt.channel).query(attempt.merchant, attempt.out_trade_no))


def give_back(refund_id: UUID) -> None:
    """Ask the channel for a refund; the same number asked again is the same refund.

    A refusal may mean that it has this refund already, asked for in other words by a district that has forgotten it.
    """
    refund = _refund(refund_id)
    if refund.state not in OPEN_REFUNDS:
        return
    attempt = refund.attempt
    request = RefundRequest(
        out_trade_no=attempt.out_trade_no,
        out_refund_no=refund.out_refund_no,
        refund_fen=refund.amount_fen,
        total_fen=attempt.paid_fen,
        reason=refund.reason,
        notify_url=notify_url(attempt.merchant_id),
    )
    answer = channel(attempt.channel).refund(attempt.merchant, request)
    if answer.outcome is Outcome.REJECTED:
        known = channel(attempt.channel).query_refund(attempt.merchant, refund.out_refund_no)
        has_it = known.value is not None and known.value.status is not RefundStatus.ABSENT
        answer = known if has_it else answer
    _record_refund(refund_id, answer)


def check_refund(refund_id: UUID) -> None:
    """Ask what became of a refund; one the channel never heard of is asked for again under its number."""
    refund = _refund(refund_id)
    if refund.state not in OPEN_REFUNDS:
        return
    if refund.state == RefundState.ASKED:
        give_back(refund_id)
        return
    answer = channel(refund.attempt.channel).query_refund(refund.attempt.merchant, refund.out_refund_no)
    if answer.value is not None and answer.value.status is RefundStatus.ABSENT:
        give_back(refund_id)
        return
    _record_refund(refund_id, answer)


def _begin(attempt_id: UUID) -> _Ask | None:
    """Write down that the channel is about to be asked, before it is."""
    with work(REGION, actor=ACTOR) as unit:
        order, attempt = locks.order_of_attempt(attempt_id)
        if attempt.state not in _UNPREPARED:
            return None
        ask = _Ask(_with_merchant(attempt), order.title, attempt.asked_at is not None)
        attempt.asked_at = unit.now
        attempt.save(update_fields=["asked_at"])
        unit.audit("payment.channel_asked", target=f"attempt:{attempt_id}", detail={"again": ask.asked_before})
    return ask


def _prepay_request(ask: _Ask) -> PrepayRequest:
    return PrepayRequest(
        out_trade_no=ask.attempt.out_trade_no,
        description=ask.title,
        amount_fen=ask.attempt.amount_fen,
        openid=ask.attempt.payer.get("openid", ""),
        client_ip=ask.attempt.payer.get("ip", ""),
        expires_at=ask.attempt.expires_at,
        notify_url=notify_url(ask.merchant.id),
    )


def _record(attempt_id: UUID, answer: Answer[Trade]) -> None:
    with work(REGION, actor=ACTOR) as unit:
        unit.audit("payment.queried", target=f"attempt:{attempt_id}", detail=_said(answer))
        if answer.value is None:
            settlement.stay_unknown(unit, attempt_id, answer.reason)
        else:
            settlement.take_trade(unit, attempt_id, answer.value)


def _record_refund(refund_id: UUID, answer: Answer[RefundFact]) -> None:
    with work(REGION, actor=ACTOR) as unit:
        unit.audit("payment.refund_answered", target=f"refund:{refund_id}", detail=_said(answer))
        _take_refund_answer(unit, refund_id, answer)


def _take_refund_answer(unit: Unit, refund_id: UUID, answer: Answer[RefundFact]) -> None:
    if answer.value is not None:
        refunding.take_fact(unit, refund_id, answer.value)
    elif answer.outcome is Outcome.REJECTED:
        refunding.take_refusal(unit, refund_id, answer.reason, retry=answer.reason == RefusedBecause.BALANCE)
    else:
        refunding.stay_unknown(unit, refund_id, answer.reason)


def _said(answer: Answer[Any]) -> dict[str, str]:
    return {"outcome": answer.outcome.value, "reason": answer.reason}


def _attempt(attempt_id: UUID) -> Attempt:
    with region(read_only=True):
        return Attempt.objects.select_related("merchant").get(pk=attempt_id)


def _with_merchant(attempt: Attempt) -> Attempt:
    attempt.merchant = MerchantAccount.objects.get(pk=attempt.merchant_id)
    return attempt


def _refund(refund_id: UUID) -> Refund:
    with region(read_only=True):
        return Refund.objects.select_related("attempt__merchant").get(pk=refund_id)
