"""The city app (U): its sign-in page, the gateway that says whose a token is, and its push; signed JSON.

GET  /oauth/authorize?app_id=&redirect_uri=&state=   `person=` skips the page -> token=&state=
POST /v1/users/token            {"app_id", "token"}, signed -> {"code": "0", "data": {"userId", "name", ...}}, once
POST /v1/push                   {"user_id", "title", "body", "url", "message_id"}, signed -> {"accepted": true}
GET  /control/city-app?user_id= what a user was shown, newest first
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.granting import Grants, back, choices
from sandbox.outside.page import page
from sandbox.outside.people import person
from sandbox.outside.signing import signed_body

_TOKEN_SECONDS = 120


def build(config: Config, state: Path, control: Control) -> list[Site]:  # noqa: ARG001 - it keeps no books
    """The gateway on its port."""
    section = config.section("city_app")
    domains = {urlsplit(config.hub_url).hostname or "", *map(str, section.get("domains", ["localhost"]))}
    gateway = _Gateway(str(section.get("secret", "")), str(section.get("app_id", "yunxi-hub")), domains)
    control.add(gateway.board)
    return [HttpSite("city_app", gateway.application, config.host, int(section.get("port", 8108)))]


class _Gateway:
    def __init__(self, secret: str, app_id: str, domains: set[str]) -> None:
        self._secret, self._app_id, self._domains = secret, app_id, domains
        self._grants = Grants(_TOKEN_SECONDS)
        self._shown: dict[str, dict[str, Any]] = {}
        self.board = Board(key="city-app", title="随申办", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(
            Switch("slow", "应答前等待（秒）", "number"),
            Switch("down", "停机"),
            Switch("refuse", "拒收（用户关闭通知）"),
            Switch("drop_answer", "已发出却断开连接"),
        )

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/oauth/authorize", self._authorize),
                web.post("/v1/users/token", self._user),
                web.post("/v1/push", self._push),
                web.get("/control/city-app", self._screen),
            ]
        )
        return application

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("app_id") != self._app_id:
            return page("随申办授权（演示）", "<h1>应用未登记</h1>", status=400)
        if urlsplit(query.get("redirect_uri", "")).hostname not in self._domains:
            return page("随申办授权（演示）", "<h1>返回地址未登记</h1>", status=400)
        if "person" not in query:
            return page("随申办授权（演示）", f"<h1>选择一位演示用户授权登录</h1>{choices(query, '随申办')}")
        token = self._grants.issue(self._app_id, str(int(query["person"])))
        raise back(query["redirect_uri"], {"token": token, "state": query.get("state", "")})

    async def _user(self, request: web.Request) -> web.Response:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        asked = json.loads(await signed_body(request, self._secret))
        await asyncio.sleep(self.board.number("slow"))
        grant = self._grants.take(str(asked.get("app_id", "")), str(asked.get("token", "")))
        if self.board.take("drop_answer") is not None and request.transport is not None:
            request.transport.abort()
        if grant is None or grant.used:
            return web.json_response({"code": "1001", "message": "token 无效或已使用"})
        human = person(int(grant.subject))
        data = {"userId": user_id(grant.subject), "name": human.name, "idNo": human.document_number}
        return web.json_response({"code": "0", "data": {**data, "phone": human.phone, "authLevel": 3}})

    async def _push(self, request: web.Request) -> web.Response:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        asked = json.loads(await signed_body(request, self._secret))
        await asyncio.sleep(self.board.number("slow"))
        if self.board.take("refuse") is not None:
            return web.json_response({"accepted": False, "reason": "NOTIFICATIONS_OFF"})
        self._shown.setdefault(str(asked["message_id"]), {**asked, "received": time.time()})
        if self.board.take("drop_answer") is not None and request.transport is not None:
            request.transport.abort()
        return web.json_response({"accepted": True})

    async def _screen(self, request: web.Request) -> web.Response:
        user = request.query.get("user_id", "")
        rows = [row for row in reversed(self._shown.values()) if user in ("", row["user_id"])]
        return web.json_response({"messages": rows[:200]})

    def _facts(self) -> dict[str, Any]:
        return {"messages": len(self._shown), "latest": list(self._shown.values())[:-20:-1]}


def user_id(who: str) -> str:
    """The city's id of a demo person."""
    return hashlib.sha256(f"city:{who}".encode()).hexdigest()[:32]
