"""The city app's push gateway (U): signed JSON, idempotent on `message_id`, and its users' screens for tests.

POST /v1/push                   {"user_id", "title", "body", "url", "message_id"}, signed -> {"accepted": true}
GET  /control/city-app?user_id= what a user was shown, newest first
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.signing import signed_body


def build(config: Config, state: Path, control: Control) -> list[Site]:  # noqa: ARG001 - it keeps no books
    """The gateway on its port."""
    section = config.section("city_app")
    gateway = _Gateway(str(section.get("secret", "")))
    control.add(gateway.board)
    return [HttpSite("city_app", gateway.application, config.host, int(section.get("port", 8108)))]


class _Gateway:
    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._shown: dict[str, dict[str, Any]] = {}
        self.board = Board(key="city-app", title="随申办消息推送", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(
            Switch("slow", "应答前等待（秒）", "number"),
            Switch("down", "停机"),
            Switch("refuse", "拒收（用户关闭通知）"),
            Switch("drop_answer", "已发出却断开连接"),
        )

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes([web.post("/v1/push", self._push), web.get("/control/city-app", self._screen)])
        return application

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
