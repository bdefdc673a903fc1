"""What WeChat Pay knows: merchants, trades, refunds and the notices it owes."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

CHINA = timezone(timedelta(hours=8))
# Retries of a notice: 15 in all over a day, as the real channel makes them.
DELAYS = (0, 15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS merchant (
    mchid TEXT, serial_no TEXT, appid TEXT, public_key TEXT, api_v3_key TEXT, PRIMARY KEY (mchid, serial_no));
CREATE TABLE IF NOT EXISTS trade (
    mchid TEXT, out_trade_no TEXT, appid TEXT, prepay_id TEXT UNIQUE, description TEXT, total INTEGER, openid TEXT,
    notify_url TEXT, time_expire TEXT, terms TEXT, state TEXT, transaction_id TEXT, success_time TEXT, created REAL,
    serial_no TEXT, PRIMARY KEY (mchid, out_trade_no));
CREATE TABLE IF NOT EXISTS refund (
    mchid TEXT, out_refund_no TEXT, out_trade_no TEXT, refund_id TEXT, amount INTEGER, total INTEGER, notify_url TEXT,
    status TEXT, final_status TEXT, final_at REAL, success_time TEXT, terms TEXT, serial_no TEXT,
    PRIMARY KEY (mchid, out_refund_no));
CREATE TABLE IF NOT EXISTS notice (
    id TEXT PRIMARY KEY, url TEXT, mchid TEXT, serial_no TEXT, event_type TEXT, kind TEXT, resource TEXT,
    tries INTEGER, next_at REAL, done INTEGER);
CREATE TABLE IF NOT EXISTS call (operation TEXT PRIMARY KEY, times INTEGER);
"""


class Refused(Exception):
    """An error of the v3 API: HTTP status, code and text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Book:
    """The store; every method is one committed change."""

    def __init__(self, path: Path, delays: tuple[float, ...] = DELAYS) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_SCHEMA}")
        self._delays = delays

    def register_merchant(self, data: Mapping[str, str]) -> None:
        """A hospital hands in its certificate's public key at the merchant platform."""
        self._db.execute(
            "INSERT OR REPLACE INTO merchant VALUES (:mchid, :serial_no, :appid, :public_key, :api_v3_key)", dict(data)
        )

    def merchant(self, mchid: str, serial_no: str) -> sqlite3.Row | None:
        """A merchant by the key it signs with."""
        return self._one("SELECT * FROM merchant WHERE mchid=? AND serial_no=?", mchid, serial_no)

    def count(self, operation: str) -> None:
        """Note one call of an operation."""
        self._db.execute(
            "INSERT INTO call VALUES (?, 1) ON CONFLICT (operation) DO UPDATE SET times = times + 1", (operation,)
        )

    def prepay(self, merchant: sqlite3.Row, terms: Mapping[str, Any]) -> str:
        """Prepare a trade; the same terms under the same number give the same prepay id."""
        number, written = str(terms["out_trade_no"]), json.dumps(terms, sort_keys=True)
        known = self.trade(merchant["mchid"], number)
        if known is not None:
            return _repeated(known, written)
        if _instant(terms["time_expire"]) <= datetime.now(CHINA):
            raise Refused(400, "PARAM_ERROR", "time_expire 已过期")
        prepay_id = "wx" + datetime.now(CHINA).strftime("%d%H%M%S") + secrets.token_hex(13)
        self._db.execute(
            "INSERT INTO trade VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                merchant["mchid"],
                number,
                merchant["appid"],
                prepay_id,
                terms["description"],
                int(terms["amount"]["total"]),
                terms.get("payer", {}).get("openid", ""),
                terms["notify_url"],
                terms["time_expire"],
                written,
                "NOTPAY",
                None,
                None,
                time.time(),
                merchant["serial_no"],
            ),
        )
        return prepay_id

    def trade(self, mchid: str, number: str) -> sqlite3.Row | None:
        """A trade by the merchant's number."""
        return self._one("SELECT * FROM trade WHERE mchid=? AND out_trade_no=?", mchid, number)

    def trade_of_prepay(self, prepay_id: str) -> sqlite3.Row | None:
        """The trade a cashier page shows."""
        return self._one("SELECT * FROM trade WHERE prepay_id=?", prepay_id)

    def close(self, mchid: str, number: str) -> None:
        """Close an unpaid trade."""
        trade = self.trade(mchid, number)
        if trade is None:
            raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
        if trade["state"] == "SUCCESS":
            raise Refused(400, "ORDERPAID", "订单已支付")
        self._db.execute("UPDATE trade SET state='CLOSED' WHERE mchid=? AND out_trade_no=?", (mchid, number))

    def pay(self, prepay_id: str, *, even_closed: bool = False) -> sqlite3.Row:
        """A payer confirms with his password."""
        trade = self.trade_of_prepay(prepay_id)
        if trade is None:
            raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
        if trade["state"] == "SUCCESS":
            return trade
        if not even_closed and (trade["state"] == "CLOSED" or _instant(trade["time_expire"]) <= datetime.now(CHINA)):
            raise Refused(400, "ORDER_CLOSED", "订单已关闭或已过期")
        self._db.execute(
            "UPDATE trade SET state='SUCCESS', transaction_id=?, success_time=? WHERE prepay_id=?",
            (f"42{time.time_ns()}{secrets.randbelow(10**7):07d}", _now(), prepay_id),
        )
        paid = self.trade_of_prepay(prepay_id)
        if paid is None:
            raise LookupError(prepay_id)
        return paid

    def refund(self, merchant: sqlite3.Row, terms: Mapping[str, Any], *, final: str, after: float) -> sqlite3.Row:
        """Take a refund on; the same number is the same refund. It becomes `final` after so many seconds."""
        mchid, number, written = merchant["mchid"], str(terms["out_refund_no"]), json.dumps(terms, sort_keys=True)
        known = self.refund_of(mchid, number)
        if known is not None:
            if known["terms"] != written:
                raise Refused(400, "INVALID_REQUEST", "订单号相同但参数不一致")
            return known
        trade = self.trade(mchid, str(terms["out_trade_no"]))
        if trade is None:
            raise Refused(404, "RESOURCE_NOT_EXISTS", "订单不存在")
        amount = int(terms["amount"]["refund"])
        if trade["state"] != "SUCCESS" or int(terms["amount"]["total"]) != trade["total"]:
            raise Refused(400, "INVALID_REQUEST", "订单状态或金额不允许退款")
        if self._refunded(mchid, trade["out_trade_no"]) + amount > trade["total"]:
            raise Refused(400, "INVALID_REQUEST", "退款金额超过订单金额")
        status = "PROCESSING" if after > 0 else final
        self._db.execute(
            "INSERT INTO refund VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                mchid,
                number,
                trade["out_trade_no"],
                f"50{time.time_ns()}{secrets.randbelow(10**7):07d}",
                amount,
                trade["total"],
                terms.get("notify_url", ""),
                status,
                final,
                time.time() + after,
                _now() if status == "SUCCESS" else None,
                written,
                merchant["serial_no"],
            ),
        )
        placed = self.refund_of(mchid, number)
        if placed is None:
            raise LookupError(number)
        return placed

    def refund_of(self, mchid: str, number: str) -> sqlite3.Row | None:
        """A refund by the merchant's number."""
        return self._one("SELECT * FROM refund WHERE mchid=? AND out_refund_no=?", mchid, number)

    def ripen(self) -> list[sqlite3.Row]:
        """Refunds whose time has come, brought to their end."""
        ready = self._db.execute(
            "SELECT * FROM refund WHERE status='PROCESSING' AND final_at<=?", (time.time(),)
        ).fetchall()
        for row in ready:
            self._db.execute(
                "UPDATE refund SET status=final_status, success_time=? WHERE mchid=? AND out_refund_no=?",
                (_now() if row["final_status"] == "SUCCESS" else None, row["mchid"], row["out_refund_no"]),
            )
        return [row for row in (self.refund_of(r["mchid"], r["out_refund_no"]) for r in ready) if row is not None]

    def owe_notice(self, row: sqlite3.Row, event_type: str, kind: str, resource: Mapping[str, Any]) -> None:
        """Put a notice on the list."""
        self._db.execute(
            "INSERT INTO notice VALUES (?,?,?,?,?,?,?,0,?,0)",
            (
                str(uuid.uuid4()),
                row["notify_url"],
                row["mchid"],
                row["serial_no"],
                event_type,
                kind,
                json.dumps(resource, ensure_ascii=False),
                time.time(),
            ),
        )

    def due_notices(self) -> list[sqlite3.Row]:
        """Notices to send now."""
        return self._db.execute(
            "SELECT * FROM notice WHERE done=0 AND next_at<=? ORDER BY next_at LIMIT 50", (time.time(),)
        ).fetchall()

    def notice_sent(self, notice_id: str, *, taken: bool) -> None:
        """Note an answer to a notice, or plan the next try."""
        row = self._one("SELECT tries FROM notice WHERE id=?", notice_id)
        tries = int(row["tries"]) + 1 if row is not None else 1
        given_up = tries >= len(self._delays)
        following = time.time() + (0.0 if given_up else self._delays[tries])
        self._db.execute(
            "UPDATE notice SET tries=?, done=?, next_at=? WHERE id=?",
            (tries, int(taken or given_up), following, notice_id),
        )

    def facts(self) -> dict[str, Any]:
        """Totals for the control page and for tests."""
        count = self._db.execute
        return {
            "merchants": count("SELECT count(*) FROM merchant").fetchone()[0],
            "trades": dict(count("SELECT state, count(*) FROM trade GROUP BY state").fetchall()),
            "refunds": dict(count("SELECT status, count(*) FROM refund GROUP BY status").fetchall()),
            "notices_waiting": count("SELECT count(*) FROM notice WHERE done=0").fetchone()[0],
            "notices_sent": count("SELECT coalesce(sum(tries), 0) FROM notice").fetchone()[0],
            "calls": dict(count("SELECT operation, times FROM call").fetchall()),
            "paid_fen": count("SELECT coalesce(sum(total), 0) FROM trade WHERE state='SUCCESS'").fetchone()[0],
            "refunded_fen": count("SELECT coalesce(sum(amount), 0) FROM refund WHERE status='SUCCESS'").fetchone()[0],
        }

    def refunds_of_trade(self, number: str) -> list[dict[str, Any]]:
        """All refunds under a payment, whatever their numbers."""
        rows = self._db.execute("SELECT * FROM refund WHERE out_trade_no=?", (number,)).fetchall()
        return [{"out_refund_no": row["out_refund_no"], "status": row["status"], "fen": row["amount"]} for row in rows]

    def _refunded(self, mchid: str, number: str) -> int:
        row = self._one(
            "SELECT coalesce(sum(amount), 0) AS fen FROM refund WHERE mchid=? AND out_trade_no=? AND status!='CLOSED'",
            mchid,
            number,
        )
        return int(row["fen"]) if row is not None else 0

    def _one(self, query: str, *values: Any) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(query, values).fetchone()
        return row


def _repeated(known: sqlite3.Row, written: str) -> str:
    if known["state"] == "SUCCESS":
        raise Refused(400, "ORDERPAID", "订单已支付")
    if known["state"] == "CLOSED":
        raise Refused(403, "ORDER_CLOSED", "订单已关闭")
    if known["terms"] != written:
        raise Refused(403, "OUT_TRADE_NO_USED", "商户订单号重复，且参数不一致")
    return str(known["prepay_id"])


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _now() -> str:
    return datetime.now(CHINA).isoformat(timespec="seconds")
