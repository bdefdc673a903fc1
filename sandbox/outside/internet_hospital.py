"""The internet hospital, until there is one: what it is told to happen to a doctor, it tells the hub, signed.

POST /control/doctor-events  {"events": [{"type", "doctor_code", ...}]} -> {"queued": n}
GET  /control/doctor-events  what waits, and the hub's receipts, newest first
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.app import BackgroundSite, Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.signing import HEADER, sign

_BATCH = 100
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY, document TEXT, outcome TEXT DEFAULT '', reason TEXT DEFAULT '');
CREATE INDEX IF NOT EXISTS event_waiting ON event (outcome);
CREATE TABLE IF NOT EXISTS life (incarnation TEXT);
"""


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """Its control on a port, and the teller."""
    section = config.section("internet_hospital")
    url = str(section.get("events_url", f"{config.hub_url}/api/provider/v1/internet-hospital/events"))
    hospital = _InternetHospital(state / "internet_hospital.sqlite3", str(section.get("secret", "")), url)
    control.add(hospital.board)
    return [
        HttpSite("internet_hospital", hospital.application, config.host, int(section.get("port", 8106))),
        BackgroundSite("internet hospital events", hospital.tell),
    ]


class _InternetHospital:
    def __init__(self, path: Path, secret: str, url: str) -> None:
        self._secret, self._url = secret, url
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_SCHEMA}")
        known = self._db.execute("SELECT incarnation FROM life").fetchone()
        self._incarnation = known["incarnation"] if known else uuid.uuid4().hex
        if known is None:
            self._db.execute("INSERT INTO life VALUES (?)", (self._incarnation,))
        self.board = Board(key="internet-hospital", title="互联网医院", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(Switch("silent", "不上报"), Switch("twice", "每批上报两次"))

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [web.post("/control/doctor-events", self._queue), web.get("/control/doctor-events", self._show)]
        )
        return application

    async def _queue(self, request: web.Request) -> web.Response:
        events = list((await request.json())["events"])
        for event in events:
            whole = {"id": uuid.uuid4().hex, "at": datetime.now(UTC).isoformat(), **event}
            written = json.dumps(whole, ensure_ascii=False)
            self._db.execute("INSERT OR IGNORE INTO event (id, document) VALUES (?, ?)", (whole["id"], written))
        return web.json_response({"queued": len(events)})

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response(self._facts())

    async def tell(self) -> None:
        """Tell the hub what waits, again and again until it has answered."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while True:
                await asyncio.sleep(0.3)
                rows = self._db.execute(
                    "SELECT * FROM event WHERE outcome='' ORDER BY rowid LIMIT ?", (_BATCH,)
                ).fetchall()
                if rows and self.board.take("silent") is None:
                    for _ in range(2 if self.board.take("twice") is not None else 1):
                        await self._send(session, [json.loads(row["document"]) for row in rows])

    async def _send(self, session: aiohttp.ClientSession, events: list[dict[str, Any]]) -> None:
        body = json.dumps({"incarnation": self._incarnation, "events": events}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", HEADER: sign(self._secret, body)}
        try:
            async with session.post(self._url, data=body, headers=headers) as answer:
                if answer.status == 422:  # the batch itself can't be read: it would never be
                    why = await answer.text()
                    receipts = [{"id": event["id"], "outcome": "unread", "reason": why} for event in events]
                elif answer.status == 200:
                    receipts = (await answer.json())["receipts"]
                else:
                    return
        except (aiohttp.ClientError, TimeoutError):
            return
        self._db.executemany(
            "UPDATE event SET outcome=?, reason=? WHERE id=? AND outcome=''",
            [(one["outcome"], one["reason"], one["id"]) for one in receipts],
        )

    def _facts(self) -> dict[str, Any]:
        rows = self._db.execute("SELECT * FROM event ORDER BY rowid DESC LIMIT 50").fetchall()
        waiting = self._db.execute("SELECT count(*) FROM event WHERE outcome=''").fetchone()[0]
        return {
            "waiting": waiting,
            "latest": [_view(row) for row in rows],
        }


def _view(row: sqlite3.Row) -> dict[str, Any]:
    return {"event": json.loads(row["document"]), "outcome": row["outcome"], "reason": row["reason"]}
