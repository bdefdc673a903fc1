"""Other official accounts: pages with signed links into the hub, and the page where the signed result comes back.

GET /                       every account with its links, right ones and wrong ones
GET /go?account=&service=&at=&wrong=      a link signed now, as a redirect; wrong: one of `_WRONG`
GET /back/<account>?...     the result, with what its signature is worth
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Board, Control
from sandbox.outside.page import page

_SERVICES = {"outpatient": "门诊预约", "immunisation": "计免预约", "checkup": "健康体检"}
_WRONG = {
    "": "正常",
    "signature": "签名被改",
    "expired": "一小时前签的",
    "replayed": "上一次的链接再用",
    "return": "返回别的网站",
    "caller": "没有登记的来源",
}
_KEPT = 50


def build(config: Config, state: Path, control: Control) -> list[Site]:  # noqa: ARG001 - it keeps no books
    """The accounts, all on one port."""
    section = config.section("entry_callers")
    party = _Callers(
        {str(account["code"]): dict(account) for account in section.get("accounts", [])},
        config.hub_url,
        f"http://{config.host}:{int(section.get('port', 8107))}",
    )
    control.add(party.board)
    return [HttpSite("entry_callers", party.application, config.host, int(section.get("port", 8107)))]


class _Callers:
    def __init__(self, accounts: dict[str, dict[str, Any]], hub: str, origin: str) -> None:
        self._accounts, self._hub, self._origin = accounts, hub, origin
        self._last: dict[str, str] = {}
        self._results: list[dict[str, Any]] = []
        self.board = Board(
            key="entry-callers", title="其他公众号（入口来源）", group="支付与公共服务", facts=self._facts
        )

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/", self._home),
                web.get("/go", self._go),
                web.get("/back/{account}", self._back),
            ]
        )
        return application

    async def _home(self, _request: web.Request) -> web.Response:
        parts = []
        for code, account in self._accounts.items():
            parts.append(f"<h1>{escape(str(account['name']))}</h1>")
            for service in account.get("services", _SERVICES):
                for wrong, title in _WRONG.items():
                    query = urlencode({"account": code, "service": service, "wrong": wrong})
                    parts.append(f"<a class=row href='/go?{escape(query)}'>{_SERVICES[service]} · {title}</a>")
        return page("其他公众号（演示）", "".join(parts))

    async def _go(self, request: web.Request) -> web.Response:
        query = request.query
        account = self._accounts[query["account"]]
        wrong = query.get("wrong", "")
        if wrong == "replayed" and query["account"] in self._last:
            raise web.HTTPFound(self._last[query["account"]])
        given = {
            "caller": "nobody" if wrong == "caller" else query["account"],
            "key": str(account["key"]),
            "service": query["service"],
            "at": query.get("at", str(account.get("at", ""))),
            "return": "https://elsewhere.example/" if wrong == "return" else f"{self._origin}/back/{query['account']}",
            "state": secrets.token_hex(4),
            "ts": str(int(time.time()) - (3600 if wrong == "expired" else 0)),
            "nonce": secrets.token_hex(16),
        }
        given["sig"] = signature(str(account["secret"]), given)
        if wrong == "signature":
            given["service"] = next(service for service in _SERVICES if service != query["service"])
        address = f"{self._hub}/entry?{urlencode(given)}"
        if not wrong:
            self._last[query["account"]] = address
        raise web.HTTPFound(address)

    async def _back(self, request: web.Request) -> web.Response:
        account = self._accounts[request.match_info["account"]]
        given = dict(request.query)
        right = hmac.compare_digest(given.get("sig", ""), signature(str(account["secret"]), given))
        self._results = [{**given, "right": right}, *self._results][:_KEPT]
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in given.items())
        word = "签名正确" if right else "签名不正确，结果不可信"
        return page(str(account["name"]), f"<h1>{word}</h1><dl>{rows}</dl><a class=row href='/'>再来一次</a>")

    def _facts(self) -> dict[str, Any]:
        return {"accounts": len(self._accounts), "results": self._results}


def signature(secret: str, parameters: Mapping[str, str]) -> str:
    """HMAC-SHA256 in hex over the parameters by name, `sig` left out."""
    text = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters) if name != "sig")
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
