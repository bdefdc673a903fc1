"""How trades and refunds look on the wire."""

from __future__ import annotations

import sqlite3
from typing import Any


def trade_view(trade: sqlite3.Row, *, total: int | None = None) -> dict[str, Any]:
    """A trade as query and notice show it; `total` overrides the amount when told to lie."""
    amount = {"total": trade["total"] if total is None else total, "currency": "CNY"}
    view: dict[str, Any] = {
        "appid": trade["appid"],
        "mchid": trade["mchid"],
        "out_trade_no": trade["out_trade_no"],
        "trade_state": trade["state"],
        "trade_state_desc": {"NOTPAY": "订单未支付", "SUCCESS": "支付成功", "CLOSED": "订单已关闭"}[trade["state"]],
        "amount": amount,
        "payer": {"openid": trade["openid"]},
    }
    if trade["state"] == "SUCCESS":
        view |= {
            "transaction_id": trade["transaction_id"],
            "trade_type": "JSAPI",
            "bank_type": "OTHERS",
            "success_time": trade["success_time"],
            "amount": {**amount, "payer_total": amount["total"], "payer_currency": "CNY"},
        }
    return view


def refund_view(refund: sqlite3.Row, transaction_id: str) -> dict[str, Any]:
    """A refund as the calls answer it."""
    view: dict[str, Any] = {
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "transaction_id": transaction_id,
        "out_trade_no": refund["out_trade_no"],
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "status": refund["status"],
        "amount": {"total": refund["total"], "refund": refund["amount"], "currency": "CNY"},
    }
    if refund["success_time"]:
        view["success_time"] = refund["success_time"]
    return view


def refund_notice(refund: sqlite3.Row, transaction_id: str) -> dict[str, Any]:
    """A refund as its notice shows it: `refund_status`, and the merchant."""
    view = refund_view(refund, transaction_id)
    view["refund_status"] = view.pop("status")
    return {"mchid": refund["mchid"], **view}
