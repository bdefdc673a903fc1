"""WeChat Pay as a channel: JSAPI prepay, query, close, refund, refund query, and notices (domain facts: payments 1)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from hub import clock
from hub.security.keyring import ring
from regional_services.payments.channels.contract import (
    Answer,
    Notice,
    Outcome,
    Prepared,
    PrepayRequest,
    RefundFact,
    RefundRequest,
    RefundStatus,
    RefusedBecause,
    Trade,
    TradeState,
    Value,
)
from regional_services.payments.channels.wechat import client, crypto
from regional_services.payments.errors import NotificationForged
from regional_services.payments.models import MerchantAccount

_TRADES = "/v3/pay/transactions"
_REFUNDS = "/v3/refund/domestic/refunds"
_ABSENT = frozenset({"ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"})
_NUMBER_TAKEN = frozenset({"OUT_TRADE_NO_USED", "ORDER_CLOSED", "ORDERPAID"})
_TRADE_STATES = {
    "SUCCESS": TradeState.PAID,
    "REFUND": TradeState.PAID,
    "NOTPAY": TradeState.UNPAID,
    "USERPAYING": TradeState.UNPAID,
    "PAYERROR": TradeState.UNPAID,
    "CLOSED": TradeState.CLOSED,
    "REVOKED": TradeState.CLOSED,
}
_REFUND_STATES = {
    "SUCCESS": RefundStatus.SUCCEEDED,
    "PROCESSING": RefundStatus.PROCESSING,
    "CLOSED": RefundStatus.CLOSED,
    "ABNORMAL": RefundStatus.ABNORMAL,
}


class WeChatPay:
    """The v3 API under each hospital's own merchant account."""

    def prepay(self, merchant: MerchantAccount, request: PrepayRequest) -> Answer[Prepared]:
        """A JSAPI order for a payer in the app, an H5 order for one in a browser."""
        in_app = bool(request.openid)
        order = {
            "appid": merchant.appid,
            "mchid": merchant.mchid,
            "description": request.description,
            "out_trade_no": request.out_trade_no,
            "time_expire": _written(request.expires_at),
            "notify_url": request.notify_url,
            "amount": {"total": request.amount_fen, "currency": "CNY"},
        }
        payer: dict[str, Any] = (
            {"payer": {"openid": request.openid}}
            if in_app
            else {"scene_info": {"payer_client_ip": request.client_ip, "h5_info": {"type": "Wap"}}}
        )
        reply = client.call(merchant, "POST", f"{_TRADES}/{'jsapi' if in_app else 'h5'}", order | payer)
        if reply.outcome is Outcome.REJECTED and reply.code in _NUMBER_TAKEN:
            return Answer(Outcome.REJECTED, None, RefusedBecause.NUMBER_TAKEN)
        return _understood(reply, _prepared)

    def query(self, merchant: MerchantAccount, out_trade_no: str) -> Answer[Trade]:
        """By our number; a number WeChat Pay has never seen is an answer too."""
        path = f"{_TRADES}/out-trade-no/{quote(out_trade_no)}?{urlencode({'mchid': merchant.mchid})}"
        reply = client.call(merchant, "GET", path)
        if reply.outcome is Outcome.REJECTED and reply.code in _ABSENT:
            return Answer(Outcome.ACCEPTED, Trade(out_trade_no=out_trade_no, state=TradeState.ABSENT))
        return _understood(reply, _trade)

    def close(self, merchant: MerchantAccount, out_trade_no: str) -> Answer[None]:
        """Only unpaid orders close; whether this one did is read by a query afterwards."""
        path = f"{_TRADES}/out-trade-no/{quote(out_trade_no)}/close"
        reply = client.call(merchant, "POST", path, {"mchid": merchant.mchid})
        return Answer(reply.outcome, None, reply.code)

    def refund(self, merchant: MerchantAccount, request: RefundRequest) -> Answer[RefundFact]:
        """Acceptance is not completion: the status in the answer says how far it came."""
        reply = client.call(
            merchant,
            "POST",
            _REFUNDS,
            {
                "out_trade_no": request.out_trade_no,
                "out_refund_no": request.out_refund_no,
                "reason": request.reason,
                "notify_url": request.notify_url,
                "amount": {"refund": request.refund_fen, "total": request.total_fen, "currency": "CNY"},
            },
        )
        if reply.outcome is Outcome.REJECTED and reply.code == "NOT_ENOUGH":
            return Answer(Outcome.REJECTED, None, RefusedBecause.BALANCE)
        return _understood(reply, _refund)

    def query_refund(self, merchant: MerchantAccount, out_refund_no: str) -> Answer[RefundFact]:
        """By our refund number."""
        reply = client.call(merchant, "GET", f"{_REFUNDS}/{quote(out_refund_no)}")
        if reply.outcome is Outcome.REJECTED and reply.code in _ABSENT:
            return Answer(Outcome.ACCEPTED, RefundFact(out_refund_no=out_refund_no, status=RefundStatus.ABSENT))
        return _understood(reply, _refund)

    def call_up(self, merchant: MerchantAccount, prepay_id: str) -> dict[str, str]:
        """The parameters of `WeixinJSBridge` chooseWXPay, signed over four lines."""
        timestamp, nonce, package = str(int(clock.now().timestamp())), secrets.token_hex(16), f"prepay_id={prepay_id}"
        message = crypto.lines(merchant.appid, timestamp, nonce, package)
        return {
            "appId": merchant.appid,
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": crypto.sign(client.merchant_key(merchant), message),
        }

    def check_signature(self, merchant: MerchantAccount, headers: Mapping[str, str], body: bytes) -> None:
        """Signature, key and age; the probes WeChat Pay sends to test receivers fail here like any forgery."""
        try:
            text = body.decode()
        except UnicodeDecodeError as problem:
            raise NotificationForged from problem
        if not client.genuine(merchant, headers, text):
            raise NotificationForged

    def open_notice(self, merchant: MerchantAccount, body: str) -> Notice:
        """Decrypt the resource with the merchant's APIv3 key and read it by its event type."""
        document = json.loads(body)
        event_type, resource = str(document["event_type"]), document["resource"]
        if resource.get("algorithm") != crypto.ALGORITHM:
            raise ValueError(f"unknown algorithm {resource.get('algorithm')!r}")
        plain = json.loads(crypto.open_resource(ring().secret(merchant.api_v3_key_ref), resource))
        trade = _trade(plain) if event_type.startswith("TRANSACTION.") else None
        refund = _refund(plain) if event_type.startswith("REFUND.") else None
        return Notice(event_type=event_type, mchid=str(plain.get("mchid", "")), trade=trade, refund=refund)


def _understood(reply: client.Reply, read: Callable[[dict[str, Any]], Value]) -> Answer[Value]:
    """A verified answer read into a fact; one we can't read leaves the outcome unknown."""
    if reply.outcome is not Outcome.ACCEPTED:
        return Answer(reply.outcome, None, reply.code)
    try:
        return Answer(Outcome.ACCEPTED, read(reply.payload))
    except (KeyError, TypeError, ValueError):
        return Answer(Outcome.UNKNOWN, None, "UNREADABLE")


def _prepared(payload: dict[str, Any]) -> Prepared:
    if "h5_url" in payload:
        return Prepared(pay_url=str(payload["h5_url"]))
    return Prepared(prepay_id=str(payload["prepay_id"]))


def _trade(payload: dict[str, Any]) -> Trade:
    state = _TRADE_STATES[payload["trade_state"]]
    amount = payload.get("amount") or {}
    return Trade(
        out_trade_no=str(payload["out_trade_no"]),
        state=state,
        mchid=str(payload.get("mchid", "")),
        appid=str(payload.get("appid", "")),
        transaction_id=str(payload.get("transaction_id") or ""),
        total_fen=int(amount.get("total", 0)),
        currency=str(amount.get("currency", "")),
        paid_at=_read_time(payload.get("success_time")),
    )


def _refund(payload: dict[str, Any]) -> RefundFact:
    # An answer calls it `status`, a notice `refund_status`.
    status = payload["status"] if "status" in payload else payload["refund_status"]
    return RefundFact(
        out_refund_no=str(payload["out_refund_no"]),
        status=_REFUND_STATES[status],
        refund_id=str(payload.get("refund_id") or ""),
        refund_fen=int(payload["amount"]["refund"]),
        finished_at=_read_time(payload.get("success_time")),
    )


def _written(instant: datetime) -> str:
    return clock.local(instant).isoformat(timespec="seconds")


def _read_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
