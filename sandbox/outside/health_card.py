"""The electronic health card's open platform, as far as scanning needs it.

POST /rest/auth/HealthCard/HealthOpenPlatform/HealthOpenAuth/AuthObj/getAppToken
POST /rest/auth/HealthCard/HealthOpenPlatform/ISVOpenObj/getHealthCardByQRCode
GET  /demo/codes      the fictional people's codes, static (:1) and dynamic (:0, five minutes)

Every call: {"commonIn": {.., "sign"}, "req": {..}} -> {"commonOut": {"requestId", "resultCode", "errMsg"}, "rsp": {}}.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.page import page
from sandbox.outside.people import Human, person

_PREFIX = "/rest/auth/HealthCard/HealthOpenPlatform"
_DYNAMIC_SECONDS = 300
_SHOWN = 12


def build(config: Config, state: Path, control: Control) -> list[Site]:  # noqa: ARG001 - it keeps no books
    """The platform on its port."""
    section = config.section("health_card")
    platform = _Platform(str(section["app"]), str(section["secret"]), int(section.get("people", 5000)))
    control.add(platform.board)
    return [HttpSite("health_card", platform.application, config.host, int(section.get("port", 8109)))]


class _Platform:
    def __init__(self, app: str, secret: str, people: int) -> None:
        self._app, self._secret = app, secret
        self._static = {static_code(human): human for human in map(person, range(people))}
        self._dynamic: dict[str, tuple[Human, float]] = {}
        self._token = ""
        self.board = Board(key="health-card", title="电子健康卡", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(Switch("down", "停机"), Switch("token_gone", "令牌失效（10002）"))

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.post(f"{_PREFIX}/HealthOpenAuth/AuthObj/getAppToken", self._get_token),
                web.post(f"{_PREFIX}/ISVOpenObj/getHealthCardByQRCode", self._by_code),
                web.get("/demo/codes", self._codes),
            ]
        )
        return application

    async def _read(self, request: web.Request) -> tuple[dict[str, Any], dict[str, Any], str]:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        body = json.loads(await request.read())
        common, req = dict(body["commonIn"]), dict(body["req"])
        given = str(common.pop("sign", ""))
        trouble = "" if secrets.compare_digest(given, sign(self._secret, {**common, **req})) else "签名错误"
        if abs(time.time() - int(common["timestamp"])) > 600:
            trouble = trouble or "请求已过期"
        return common, req, trouble

    async def _get_token(self, request: web.Request) -> web.Response:
        common, req, trouble = await self._read(request)
        if trouble or req.get("appId") != self._app:
            return _answer(common, 10001, trouble or "appId 不存在")
        self._token = secrets.token_hex(16).upper()
        return _answer(common, 0, "", {"appToken": self._token, "expiresIn": 7200})

    async def _by_code(self, request: web.Request) -> web.Response:
        common, req, trouble = await self._read(request)
        if trouble:
            return _answer(common, 10001, trouble)
        if common.get("appToken") != self._token or self.board.take("token_gone") is not None:
            return _answer(common, 10002, "appToken 无效")
        human = self._holder(str(req.get("qrCodeText", "")))
        if human is None:
            return _answer(common, 30005, "二维码无效或已过期")
        card = {
            "name": human.name,
            "gender": "男" if int(human.document_number[16]) % 2 else "女",
            "nation": "汉族",
            "birthday": f"{human.document_number[6:10]}-{human.document_number[10:12]}-{human.document_number[12:14]}",
            "idNumber": human.document_number,
            "idType": "01",
            "phone1": human.phone,
            "healthCardId": f"HC{human.index:018d}",
            "phid": hashlib.sha256(f"phid:{human.index}".encode()).hexdigest().upper(),
        }
        return _answer(common, 0, "", {"card": card})

    def _holder(self, code: str) -> Human | None:
        human, until = self._dynamic.get(code, (None, 0.0))
        return self._static.get(code) or (human if until > time.time() else None)

    async def _codes(self, _request: web.Request) -> web.Response:
        rows = []
        for human in map(person, range(_SHOWN)):
            dynamic = f"{secrets.token_hex(32).upper()}:0"
            self._dynamic[dynamic] = (human, time.time() + _DYNAMIC_SECONDS)
            rows.append(f"<p class=row>{human.name}<br><small>{static_code(human)}<br>{dynamic}</small></p>")
        return page("电子健康卡（演示）", "<h1>演示用的码</h1>" + "".join(rows))

    def _facts(self) -> dict[str, int]:
        return {"cards": len(self._static)}


def static_code(human: Human) -> str:
    """The code printed on a person's card."""
    return hashlib.sha256(f"health card:{human.document_number}".encode()).hexdigest().upper() + ":1"


def sign(secret: str, values: Mapping[str, object]) -> str:
    """Base64 of SHA-256 over the sorted pairs that are not empty, the secret behind them."""
    text = "&".join(f"{name}={values[name]}" for name in sorted(values) if str(values[name]) != "")
    return base64.b64encode(hashlib.sha256((text + secret).encode()).digest()).decode()


def _answer(common: Mapping[str, Any], code: int, words: str, rsp: Mapping[str, Any] | None = None) -> web.Response:
    out = {"requestId": common.get("requestId"), "resultCode": code, "errMsg": words}
    return web.json_response({"commonOut": out, "rsp": dict(rsp or {})})
