"""Telling merchants: sealed, signed, repeated until taken."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from datetime import datetime

import aiohttp

from sandbox.control import Board
from sandbox.outside.wechat_pay import keys
from sandbox.outside.wechat_pay.book import CHINA, Book
from sandbox.outside.wechat_pay.views import refund_notice

_ANSWER_SECONDS = 5
_log = logging.getLogger("sandbox.wechat_pay")
_SUMMARY = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
}


class Notifier:
    """Sends what is owed, as soon as something is."""

    def __init__(self, book: Book, platform: keys.PlatformKey, board: Board) -> None:
        self._book, self._platform, self._board = book, platform, board
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()

    async def run(self) -> None:
        """Send and wait, until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS)) as session:
            while True:
                self._owe_refunds()
                due = self._book.due_notices()
                await asyncio.gather(*(self._send(session, notice) for notice in due))
                self._wake.clear()
                try:
                    await asyncio.wait_for(self._wake.wait(), timeout=0.25)
                except TimeoutError:
                    continue

    def _owe_refunds(self) -> None:
        for refund in self._book.ripen():
            trade = self._book.trade(refund["mchid"], refund["out_trade_no"])
            if refund["notify_url"] and trade is not None and self._board.take("no_notice", "refund") is None:
                resource = refund_notice(refund, trade["transaction_id"])
                self._book.owe_notice(refund, f"REFUND.{refund['status']}", "refund", resource)

    async def _send(self, session: aiohttp.ClientSession, notice: sqlite3.Row) -> None:
        taken = await self._post(session, notice)
        if self._board.take("duplicate_notice") is not None:
            taken = await self._post(session, notice)
        self._book.notice_sent(notice["id"], taken=taken)

    async def _post(self, session: aiohttp.ClientSession, notice: sqlite3.Row) -> bool:
        merchant = self._book.merchant(notice["mchid"], notice["serial_no"])
        if merchant is None:
            return False
        body = json.dumps(
            {
                "id": notice["id"],
                "create_time": datetime.now(CHINA).isoformat(timespec="seconds"),
                "resource_type": "encrypt-resource",
                "event_type": notice["event_type"],
                "summary": _SUMMARY[notice["event_type"]],
                "resource": keys.seal(merchant["api_v3_key"], notice["resource"], notice["kind"]),
            },
            ensure_ascii=False,
        )
        forged = self._board.take("forged_notice") is not None
        headers = {"Content-Type": "application/json", **self._platform.headers(body, forged=forged)}
        try:
            async with session.post(notice["url"], data=body.encode(), headers=headers) as answer:
                return answer.status in {200, 204}
        except (aiohttp.ClientError, TimeoutError) as problem:
            _log.info("notice %s not delivered: %s", notice["id"], problem)
            return False
