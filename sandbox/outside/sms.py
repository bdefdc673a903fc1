"""The SMS gateway: signed, idempotent on `message_id`, with delivery receipts, and the phones' screens for tests.

POST /v1/messages                 {"to", "template", "params", "message_id"}, signed -> {"accepted": true}
GET  /control/sms?to=&limit=      what a phone received, newest first
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.app import BackgroundSite, Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.signing import HEADER, sign, signed_body

_SIGN = "【云栖健康】"
_TEMPLATES = {"phone_code": "验证码{code}，{minutes}分钟内有效，请勿告诉他人。"}
_RECEIPT_TRIES = 5
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    message_id TEXT PRIMARY KEY, phone TEXT, template TEXT, params TEXT, text TEXT, received REAL,
    receipt_tries INTEGER DEFAULT 0, receipt_done INTEGER DEFAULT 0, result TEXT);
CREATE INDEX IF NOT EXISTS message_phone ON message (phone, received);
"""


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The gateway on its port, and the sender of receipts."""
    section = config.section("sms")
    receipt_url = str(section.get("receipt_url", f"{config.hub_url}/api/provider/v1/sms/receipts"))
    gateway = _Gateway(state / "sms.sqlite3", str(section.get("secret", "")), receipt_url)
    control.add(gateway.board)
    return [
        HttpSite("sms", gateway.application, config.host, int(section.get("port", 8103))),
        BackgroundSite("sms receipts", gateway.send_receipts),
    ]


class _Gateway:
    def __init__(self, path: Path, secret: str, receipt_url: str) -> None:
        self._secret, self._receipt_url = secret, receipt_url
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_SCHEMA}")
        self.board = Board(key="sms", title="短信网关", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(
            Switch("slow", "应答前等待（秒）", "number"),
            Switch("down", "停机"),
            Switch("error_after", "已发出却报错"),
            Switch("refuse", "拒收（黑名单）"),
            Switch("undelivered", "回执报告未送达"),
        )

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes([web.post("/v1/messages", self._send), web.get("/control/sms", self._screen)])
        return application

    async def _send(self, request: web.Request) -> web.Response:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        data = json.loads(await signed_body(request, self._secret))
        await asyncio.sleep(self.board.number("slow"))
        phone, template, params = str(data["to"]), str(data["template"]), dict(data["params"])
        if self.board.take("refuse") is not None or not phone.lstrip("+").isdecimal():
            return web.json_response({"accepted": False, "reason": "REFUSED"})
        written = json.dumps(params, ensure_ascii=False, sort_keys=True)
        known = self._db.execute("SELECT * FROM message WHERE message_id=?", (str(data["message_id"]),)).fetchone()
        if known is not None and (known["phone"], known["template"], known["params"]) != (phone, template, written):
            return web.json_response({"accepted": False, "reason": "MESSAGE_ID_USED"}, status=409)
        result = "undelivered" if self.board.take("undelivered") is not None else "delivered"
        self._db.execute(
            "INSERT OR IGNORE INTO message (message_id, phone, template, params, text, received, result)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (str(data["message_id"]), phone, template, written, _text(template, params), time.time(), result),
        )
        if self.board.take("error_after") is not None:
            raise web.HTTPInternalServerError(text="error")
        return web.json_response({"accepted": True, "message_id": data["message_id"]})

    async def _screen(self, request: web.Request) -> web.Response:
        phone, limit = request.query.get("to", ""), min(int(request.query.get("limit", 20)), 200)
        rows = self._db.execute(
            "SELECT * FROM message WHERE ?='' OR phone=? ORDER BY received DESC LIMIT ?", (phone, phone, limit)
        ).fetchall()
        return web.json_response({"messages": [_view(row) for row in rows]})

    async def send_receipts(self) -> None:
        """Report each message's end to the hub, a few times if it does not listen."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while True:
                waiting = self._db.execute(
                    "SELECT * FROM message WHERE receipt_done=0 AND received<? LIMIT 50", (time.time() - 1,)
                ).fetchall()
                for row in waiting:
                    await self._receipt(session, row)
                await asyncio.sleep(1)

    async def _receipt(self, session: aiohttp.ClientSession, row: sqlite3.Row) -> None:
        body = json.dumps({"message_id": row["message_id"], "result": row["result"]}).encode()
        headers = {"Content-Type": "application/json", HEADER: sign(self._secret, body)}
        try:
            async with session.post(self._receipt_url, data=body, headers=headers) as answer:
                taken = answer.status < 300
        except (aiohttp.ClientError, TimeoutError):
            taken = False
        tries = row["receipt_tries"] + 1
        self._db.execute(
            "UPDATE message SET receipt_tries=?, receipt_done=? WHERE message_id=?",
            (tries, int(taken or tries >= _RECEIPT_TRIES), row["message_id"]),
        )

    def _facts(self) -> dict[str, Any]:
        rows = self._db.execute("SELECT * FROM message ORDER BY received DESC LIMIT 20").fetchall()
        count = self._db.execute("SELECT count(*) FROM message").fetchone()[0]
        return {"messages": count, "latest": [_view(row) for row in rows]}


def _text(template: str, params: dict[str, Any]) -> str:
    if template in _TEMPLATES:
        return _SIGN + _TEMPLATES[template].format_map(params)
    return _SIGN + str(params.get("text") or "，".join(str(value) for value in params.values()))


def _view(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "message_id": row["message_id"],
        "to": row["phone"],
        "template": row["template"],
        "params": json.loads(row["params"]),
        "text": row["text"],
        "received": row["received"],
    }
