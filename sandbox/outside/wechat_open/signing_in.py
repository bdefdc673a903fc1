"""Web authorisation with demo persons, single-use codes, the snapshot page.

GET /connect/oauth2/authorize?appid=&redirect_uri=&response_type=code&scope=&state=   `person=` skips the page
GET /sns/oauth2/access_token?appid=&secret=&code=&grant_type=authorization_code
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from sandbox.control import Board
from sandbox.outside.granting import Grants, back, choices
from sandbox.outside.page import page

_CODE_SECONDS = 300
_SNAPSHOT = "snapshot:"


class SigningIn:
    """Web authorisation of the apps there are."""

    def __init__(self, apps: dict[str, str], domains: set[str], board: Board) -> None:
        self._apps, self._domains, self._board = apps, domains, board
        self._grants = Grants(_CODE_SECONDS)

    def routes(self) -> list[web.RouteDef]:
        """What browsers and servers meet."""
        return [
            web.get("/connect/oauth2/authorize", self._authorize),
            web.get("/sns/oauth2/access_token", self._exchange),
        ]

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        target = urlsplit(query.get("redirect_uri", ""))
        if query.get("appid") not in self._apps:
            return _page("<h1>AppID 参数错误</h1>", 400)
        if target.hostname not in self._domains:
            return _page("<h1>redirect_uri 域名与后台配置不一致，错误码：10003</h1>", 400)
        if query.get("response_type") != "code" or query.get("scope") not in {"snsapi_base", "snsapi_userinfo"}:
            return _page("<h1>Scope 参数错误，错误码：10005</h1>", 400)
        if "person" in query:
            raise self._granted(request)
        snapshot = escape(urlencode({**query, "person": 0, "snapshot": 1}))
        return _page(
            f"<h1>选择一位演示用户授权登录</h1>{choices(query, '微信')}"
            f"<a class=row href='?{snapshot}'>快照页模式（虚拟身份）</a>"
        )

    def _granted(self, request: web.Request) -> web.HTTPFound:
        query = request.query
        subject = f"{_SNAPSHOT}{secrets.token_hex(8)}" if "snapshot" in query else f"person:{int(query['person'])}"
        code = self._grants.issue(query["appid"], subject)
        return back(query["redirect_uri"], {"code": code, "state": query.get("state", "")})

    async def _exchange(self, request: web.Request) -> web.Response:
        if self._board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        if self._board.take("busy") is not None:
            return error(-1, "system error")
        query = request.query
        if query.get("appid") not in self._apps:
            return error(40013, "invalid appid")
        if query.get("secret") != self._apps[query["appid"]]:
            return error(40125, "invalid appsecret")
        grant = self._grants.take(query["appid"], query.get("code", ""))
        if grant is None:
            return error(40029, "invalid code")
        if grant.used:
            return error(40163, "code been used")
        answer: dict[str, str | int] = {
            "access_token": secrets.token_urlsafe(48),
            "expires_in": 7200,
            "refresh_token": secrets.token_urlsafe(48),
            "openid": openid(grant.app, grant.subject),
            "scope": "snsapi_base",
        }
        return web.json_response(answer | ({"is_snapshotuser": 1} if grant.subject.startswith(_SNAPSHOT) else {}))

    def facts(self) -> dict[str, int]:
        """For the control page."""
        return {"apps": len(self._apps), "codes": len(self._grants)}


def openid(appid: str, subject: str) -> str:
    """The openid of a person at an app: 28 characters beginning with o."""
    digest = hashlib.sha256(f"{appid}:{subject}".encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]


def error(code: int, message: str) -> web.Response:
    """An answer that says no, as WeChat does: with status 200."""
    return web.json_response({"errcode": code, "errmsg": message})


def _page(body: str, status: int = 200) -> web.Response:
    return page("微信授权（演示）", body, status=status)
