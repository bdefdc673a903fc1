"""The smart-hospital data foundation: takes CloudEvents in batches, keeps each once by its id.

POST /api/events    a JSON array of CloudEvents 1.0, signed -> {"results": [{"id", "outcome", "reason"}]}
GET  /              what came, newest first
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Action, Board, Control, Switch
from sandbox.outside.page import page
from sandbox.outside.signing import signed_body

_REQUIRED = ("id", "source", "type")
_SHOWN = 100
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY, type TEXT, subject TEXT, body TEXT, received REAL, times INTEGER DEFAULT 1);
"""


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The foundation on its port."""
    section = config.section("data_foundation")
    foundation = _Foundation(state / "data_foundation.sqlite3", str(section.get("secret", "")))
    control.add(foundation.board)
    return [HttpSite("data_foundation", foundation.application, config.host, int(section.get("port", 8112)))]


class _Foundation:
    def __init__(self, path: Path, secret: str) -> None:
        self._secret = secret
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_SCHEMA}")
        self.board = Board(key="data-foundation", title="智慧医院数据底座", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(
            Switch("slow", "应答前等待（秒）", "number"),
            Switch("down", "停机"),
            Switch("lose_answer", "收下了，但应答丢失"),
            Switch("reject", "拒收（原因）", "text", hint="可限定事件类型"),
            Switch("garbage", "应答乱码"),
        )
        self.board.add_actions(Action("events", "查看收到的事件", self._events, ("subject",)))

    def application(self) -> web.Application:
        application = web.Application(client_max_size=16 << 20)
        application.add_routes([web.post("/api/events", self._take), web.get("/", self._show)])
        return application

    async def _take(self, request: web.Request) -> web.Response:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        batch = json.loads(await signed_body(request, self._secret))
        await asyncio.sleep(self.board.number("slow"))
        if self.board.take("garbage") is not None:
            return web.Response(text="<html>网关错误</html>", content_type="text/html")
        results = [self._keep(event) for event in batch]
        if self.board.take("lose_answer") is not None:
            raise web.HTTPGatewayTimeout(text="lost")
        return web.json_response({"results": results})

    def _keep(self, event: Mapping[str, Any]) -> dict[str, str]:
        trouble = "" if event.get("specversion") == "1.0" and all(event.get(name) for name in _REQUIRED) else "格式不符"
        reason = trouble or self.board.take("reject", str(event.get("type")))
        if reason:
            return {"id": str(event.get("id")), "outcome": "rejected", "reason": str(reason)}
        self._db.execute(
            "INSERT INTO event (id, type, subject, body, received) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET times = times + 1",
            (event["id"], event["type"], event.get("subject", ""), json.dumps(event, ensure_ascii=False), time.time()),
        )
        return {"id": str(event["id"]), "outcome": "accepted", "reason": ""}

    async def _events(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        subject = str(parameters.get("subject") or "")
        rows = self._db.execute(
            "SELECT body, times FROM event WHERE ?='' OR subject=? ORDER BY rowid", (subject, subject)
        ).fetchall()
        return {"events": [{**json.loads(body), "times": times} for body, times in rows]}

    async def _show(self, _request: web.Request) -> web.Response:
        rows = self._db.execute(
            "SELECT type, subject, received, body FROM event ORDER BY rowid DESC LIMIT ?", (_SHOWN,)
        ).fetchall()
        listed = "".join(_row(*row) for row in rows)
        return page("数据底座（演示）", f"<h1>收到的事件（最近{_SHOWN}条）</h1>{listed or '<p>还没有收到</p>'}")

    def _facts(self) -> dict[str, int]:
        kept, came = self._db.execute("SELECT count(*), coalesce(sum(times), 0) FROM event").fetchone()
        return {"events": kept, "deliveries": came}


def _row(kind: str, subject: str, received: float, body: str) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(received))
    data = json.dumps(json.loads(body).get("data"), ensure_ascii=False)
    return f"<p class=row>{escape(kind)}<br><small>{at} {escape(subject)}<br>{escape(data)}</small></p>"
