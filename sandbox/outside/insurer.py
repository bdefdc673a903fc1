"""The medical insurance's voucher service, on the national envelope.

POST /api/fsi/callService   EC01 activate, EC02 what became of a number, EC03 whose code; signed -> {"infcode", ..}
GET  /demo/codes            the fictional people's insurance codes
A number is taken once: the same again gives the same answer. Every fifth of the fictional people is not insured here.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.page import page
from sandbox.outside.people import Human, person
from sandbox.outside.signing import signed_body

_UNINSURED_EVERY = 5


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The service on its port."""
    section = config.section("insurer")
    service = _Insurer(state / "insurer.sqlite3", str(section.get("secret", "")), int(section.get("people", 5000)))
    control.add(service.board)
    return [HttpSite("insurer", service.application, config.host, int(section.get("port", 8108)))]


class _Insurer:
    def __init__(self, path: Path, secret: str, people: int) -> None:
        self._secret = secret
        self._uninsured = {
            human.document_number for human in map(person, range(people)) if human.index % _UNINSURED_EVERY == 4
        }
        self._codes = {insurance_code(human): human for human in map(person, range(people))}
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("CREATE TABLE IF NOT EXISTS asked (msgid TEXT PRIMARY KEY, answer TEXT)")
        self._db.execute("CREATE TABLE IF NOT EXISTS voucher (certno TEXT PRIMARY KEY)")
        self.board = Board(key="insurer", title="医保电子凭证", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(
            Switch("slow", "应答前等待（秒）", "number"),
            Switch("down", "停机"),
            Switch("lose_answer", "办了，但应答丢失"),
            Switch("reject", "一律拒绝（原因）", "text"),
            Switch("garbage", "应答乱码"),
        )

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes([web.post("/api/fsi/callService", self._call), web.get("/demo/codes", self._show_codes)])
        return application

    async def _call(self, request: web.Request) -> web.Response:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        asked = json.loads(await signed_body(request, self._secret))
        await asyncio.sleep(self.board.number("slow"))
        if self.board.take("garbage", asked["infno"]) is not None:
            return web.Response(text="<html>网关错误</html>", content_type="text/html")
        data = asked["input"]["data"]
        if asked["infno"] == "EC03":
            answer = self._decode(data["ec_qrcode"])
        elif asked["infno"] == "EC02":
            answer = self._became_of(data["omsgid"])
        else:
            answer = self._activate(asked["msgid"], data)
        if asked["infno"] == "EC01" and self.board.take("lose_answer") is not None:
            raise web.HTTPGatewayTimeout(text="lost")
        return web.json_response({"inf_refmsgid": asked["msgid"], "warn_msg": "", **answer})

    def _activate(self, msgid: str, data: dict[str, str]) -> dict[str, Any]:
        earlier = self._db.execute("SELECT answer FROM asked WHERE msgid=?", (msgid,)).fetchone()
        if earlier is not None:
            return dict(json.loads(earlier[0]))
        answer = self._decide(data)
        self._db.execute("INSERT INTO asked VALUES (?, ?)", (msgid, json.dumps(answer, ensure_ascii=False)))
        return answer

    def _decide(self, data: dict[str, str]) -> dict[str, Any]:
        reason = self.board.take("reject")
        if reason is not None:
            return _refused(str(reason))
        if data["psn_cert_type"] not in {"01", "10", "16"} or not data["psn_name"]:
            return _refused("EC301 证件类型不支持")
        if data["certno"] in self._uninsured:
            return _refused("EC201 未查询到本市参保信息，请先办理参保登记")
        self._db.execute("INSERT OR IGNORE INTO voucher VALUES (?)", (data["certno"],))
        return {"infcode": 0, "err_msg": "", "output": {"ec_status": "1"}}

    def _became_of(self, msgid: str) -> dict[str, Any]:
        earlier = self._db.execute("SELECT answer FROM asked WHERE msgid=?", (msgid,)).fetchone()
        return dict(json.loads(earlier[0])) if earlier else _refused("EC404 未查询到该报文")

    def _decode(self, code: str) -> dict[str, Any]:
        human = self._codes.get(code)
        if human is None:
            return _refused("EC302 医保码无效或已过期")
        output = {
            "userName": human.name,
            "idNo": human.document_number,
            "idType": "01",
            "insuOrg": "310000",
            "ecIndexNo": f"EI{human.index:018d}",
            "ecToken": hashlib.sha256(f"token:{code}".encode()).hexdigest()[:40],
        }
        return {"infcode": 0, "err_msg": "", "output": output}

    async def _show_codes(self, _request: web.Request) -> web.Response:
        rows = "".join(
            f"<p class=row>{human.name}<br><small>{code}</small></p>" for code, human in list(self._codes.items())[:12]
        )
        return page("医保码（演示）", f"<h1>演示用的码</h1>{rows}")

    def _facts(self) -> dict[str, int]:
        return {
            "asked": self._db.execute("SELECT count(*) FROM asked").fetchone()[0],
            "vouchers": self._db.execute("SELECT count(*) FROM voucher").fetchone()[0],
        }


def insurance_code(human: Human) -> str:
    """What the person's insurance app shows: 28 signs, digits first."""
    return "31" + hashlib.sha256(f"insurance:{human.document_number}".encode()).hexdigest()[:26]


def _refused(words: str) -> dict[str, Any]:
    return {"infcode": -1, "err_msg": words, "output": {}}
