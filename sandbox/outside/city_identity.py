"""The city's real-name check: does this name belong to this document number, in its own fictional register.

POST /v1/real-name-check   {"name", "document_number", ...}, signed   -> {"result": "match|mismatch|absent"}
GET  /demo/persons?start=&count=                                      people whom the register knows
POST /demo/persons         {"name", "document_number"}                put somebody on the register
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

from aiohttp import web

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.people import person
from sandbox.outside.signing import signed_body

_RESULTS = frozenset({"match", "mismatch", "absent"})


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The service on its port."""
    section = config.section("city_identity")
    service = _Service(
        state / "city_identity.sqlite3", str(section.get("secret", "")), int(section.get("people", 5000))
    )
    control.add(service.board)
    return [HttpSite("city_identity", service.application, config.host, int(section.get("port", 8104)))]


class _Service:
    def __init__(self, path: Path, secret: str, people: int) -> None:
        self._secret, self._people = secret, people
        self._register = {human.document_number: human.name for human in map(person, range(people))}
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("CREATE TABLE IF NOT EXISTS person (document_number TEXT PRIMARY KEY, name TEXT)")
        self._register |= dict(self._db.execute("SELECT document_number, name FROM person").fetchall())
        self._asked = 0
        self.board = Board(key="city-identity", title="市实名核验", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(
            Switch("slow", "应答前等待（秒）", "number"),
            Switch("down", "停机"),
            Switch("always", "固定结果", "text", "match mismatch absent"),
            Switch("garbage", "应答乱码"),
        )

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.post("/v1/real-name-check", self._check),
                web.get("/demo/persons", self._list),
                web.post("/demo/persons", self._add),
            ]
        )
        return application

    async def _check(self, request: web.Request) -> web.Response:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        data = json.loads(await signed_body(request, self._secret))
        await asyncio.sleep(self.board.number("slow"))
        self._asked += 1
        if self.board.take("garbage") is not None:
            return web.Response(text="<html>网关错误</html>", content_type="text/html")
        forced = self.board.take("always")
        if forced in _RESULTS:
            return web.json_response({"result": forced})
        known = self._register.get(str(data["document_number"]).upper())
        result = "absent" if known is None else "match" if known == str(data["name"]).strip() else "mismatch"
        return web.json_response({"result": result})

    async def _list(self, request: web.Request) -> web.Response:
        start, count = int(request.query.get("start", 0)), min(int(request.query.get("count", 20)), 500)
        people = [asdict(person(index)) for index in range(start, min(start + count, self._people))]
        return web.json_response({"persons": people})

    async def _add(self, request: web.Request) -> web.Response:
        data = await request.json()
        number, name = str(data["document_number"]).upper(), str(data["name"]).strip()
        self._db.execute("INSERT OR REPLACE INTO person VALUES (?, ?)", (number, name))
        self._register[number] = name
        return web.json_response({"registered": True})

    def _facts(self) -> dict[str, int]:
        return {"registered": len(self._register), "asked": self._asked}
