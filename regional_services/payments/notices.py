"""Notices of a channel: verified and stored within the request, acted on after it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from uuid import UUID

from hub.errors import NotFound
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.payments import conversations, refunding, settlement
from regional_services.payments.channels.contract import Notice
from regional_services.payments.channels.registry import channel
from regional_services.payments.errors import NotificationForged
from regional_services.payments.events import NotificationStored
from regional_services.payments.models import Attempt, ChannelNotification, MerchantAccount, NotificationState, Refund

_log = logging.getLogger(__name__)


def receive(channel_name: str, merchant_id: UUID, headers: Mapping[str, str], body: bytes) -> None:
    """Keep an authentic notice; one already kept is only answered. NotificationForged refuses everything else; at the
    address of another channel's merchant there is nobody (NotFound)."""
    with region(read_only=True):
        merchant = MerchantAccount.objects.filter(pk=merchant_id, channel=channel_name).first()
    if merchant is None:
        raise NotFound
    channel(merchant.channel).check_signature(merchant, headers, body)
    notify_id, event_type = _named(body)
    with work(REGION, actor=conversations.ACTOR) as unit:
        row, new = ChannelNotification.objects.get_or_create(
            merchant=merchant,
            notify_id=notify_id,
            defaults={
                "institution_code": merchant.institution_code,
                "event_type": event_type,
                "body": body.decode(),
                "received_at": unit.now,
            },
        )
        if new:
            unit.audit("payment.notice_stored", target=f"notice:{row.id}", detail={"event_type": event_type})
            unit.publish(NotificationStored(notification_id=row.id, hospital=merchant.institution_code))


def _named(body: bytes) -> tuple[str, str]:
    try:
        document = json.loads(body)
        return str(document["id"])[:64], str(document["event_type"])[:40]
    except (ValueError, KeyError, TypeError) as problem:
        raise NotificationForged from problem


def act(unit: Unit, notification_id: int) -> None:
    """Do what a stored notice says; one that is not about our numbers is kept as refused."""
    row = ChannelNotification.objects.select_related("merchant").get(pk=notification_id)
    if row.state != NotificationState.STORED:
        return
    try:
        note = _apply(unit, row.merchant, channel(row.merchant.channel).open_notice(row.merchant, row.body))
    except (ValueError, KeyError, TypeError):
        note = "unreadable"
    row.state = NotificationState.REFUSED if note else NotificationState.PROCESSED
    row.note = note
    row.processed_at = unit.now
    row.save(update_fields=["state", "note", "processed_at"])
    if note:
        _log.error("a notice of the channel was refused", extra={"notice": row.id, "why": note})
    unit.audit("payment.notice_processed", target=f"notice:{row.id}", detail={"note": note})


def _apply(unit: Unit, merchant: MerchantAccount, notice: Notice) -> str:
    """Why the notice is refused, or nothing."""
    if notice.mchid != merchant.mchid:
        return "another merchant"
    if notice.trade is not None:
        number = notice.trade.out_trade_no
        attempt = Attempt.objects.filter(merchant=merchant, out_trade_no=number).only("id").first()
        if attempt is None:
            return "unknown payment"
        settlement.take_trade(unit, attempt.id, notice.trade)
    elif notice.refund is not None:
        number = notice.refund.out_refund_no
        refund = Refund.objects.filter(attempt__merchant=merchant, out_refund_no=number).only("id").first()
        if refund is None:
            return "unknown refund"
        refunding.take_fact(unit, refund.id, notice.refund)
    return ""
