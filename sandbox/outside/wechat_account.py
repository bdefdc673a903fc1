"""An official account: its server's token, its followers, and the page where people follow it.

POST /cgi-bin/stable_token    {"grant_type": "client_credential", "appid", "secret", "force_refresh"}
GET  /cgi-bin/user/info?access_token=&openid=&lang=      -> {"subscribe": 0|1, "openid", ...}, as WeChat answers
GET  /mp/profile_ext?action=home&__biz=                  the account's page: follow, or stop following, as somebody
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from html import escape

from aiohttp import web

from sandbox.control import Board, Switch
from sandbox.outside.page import page
from sandbox.outside.people import person

_SHOWN = 12
_TOKEN_SECONDS = 7200


class Account:
    """The followers of the platform's one official account, by openid."""

    def __init__(self, apps: dict[str, str], openid: Callable[[str, str], str]) -> None:
        self._apps, self._openid = apps, openid
        self._tokens: dict[str, tuple[str, float]] = {}
        self._known: set[str] = set()
        self._followers: dict[str, int] = {}
        self._board = Board(key="", title="")

    def join(self, board: Board) -> None:
        """Put the switches on the platform's board."""
        self._board = board
        board.add_switches(
            Switch("user_info_down", "用户信息停机"),
            Switch("token_gone", "令牌失效（40001）"),
            Switch("follow", "关注状态固定为", "text", "0 1"),
        )

    def routes(self) -> list[web.RouteDef]:
        """What the account's server asks, and the page people see."""
        return [
            web.post("/cgi-bin/stable_token", self._token),
            web.get("/cgi-bin/user/info", self._info),
            web.get("/mp/profile_ext", self._profile),
            web.post("/mp/profile_ext", self._follow),
        ]

    def facts(self) -> dict[str, int]:
        """How many follow."""
        return {"followers": len(self._followers)}

    async def _token(self, request: web.Request) -> web.Response:
        if self._board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        asked = await request.json()
        appid = str(asked.get("appid"))
        if appid not in self._apps:
            return _error(40013, "invalid appid")
        if asked.get("secret") != self._apps[appid] or asked.get("grant_type") != "client_credential":
            return _error(40125, "invalid appsecret")
        token, until = self._tokens.get(appid, ("", 0.0))
        if asked.get("force_refresh") or until < time.time():
            token, until = secrets.token_urlsafe(64), time.time() + _TOKEN_SECONDS
            self._tokens[appid] = (token, until)
        return web.json_response({"access_token": token, "expires_in": int(until - time.time())})

    async def _info(self, request: web.Request) -> web.Response:
        if self._board.take("down") is not None or self._board.take("user_info_down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        known = {token for token, until in self._tokens.values() if until > time.time()}
        if request.query.get("access_token") not in known or self._board.take("token_gone") is not None:
            return _error(40001, "invalid credential, access_token is invalid or not latest")
        openid = request.query.get("openid", "")
        if not openid.startswith("o"):
            return _error(40003, "invalid openid")
        fixed = self._board.take("follow")
        followed = openid in self._followers if fixed is None else str(fixed) == "1"
        if not followed:
            return web.json_response({"subscribe": 0, "openid": openid})
        since = self._followers.get(openid, int(time.time()))
        return web.json_response(
            {
                "subscribe": 1,
                "openid": openid,
                "language": "zh_CN",
                "subscribe_time": since,
                "remark": "",
                "groupid": 0,
                "tagid_list": [],
                "subscribe_scene": "ADD_SCENE_PROFILE_LINK",
            }
        )

    async def _profile(self, _request: web.Request) -> web.Response:
        rows = "".join(
            self._row(appid, human.index, human.name) for appid in self._apps for human in map(person, range(_SHOWN))
        )
        return page("健康云栖", f"<h1>健康云栖</h1><p>服务号 · 演示</p>{rows}<p>关注后关闭此页，回到原来的页面。</p>")

    def _row(self, appid: str, index: int, name: str) -> str:
        followed = self._openid(appid, f"person:{index}") in self._followers
        return (
            f"<form method=post class=row><input type=hidden name=appid value='{escape(appid)}'>"
            f"<input type=hidden name=person value={index}>{escape(name)}"
            f"<button class={'no' if followed else 'pay'} name=on value={0 if followed else 1}>"
            f"{'取消关注' if followed else '关注'}</button></form>"
        )

    async def _follow(self, request: web.Request) -> web.Response:
        form = await request.post()
        openid = self._openid(str(form["appid"]), f"person:{int(str(form['person']))}")
        if form.get("on") == "1":
            self._followers.setdefault(openid, int(time.time()))
        else:
            self._followers.pop(openid, None)
        return await self._profile(request)


def _error(code: int, message: str) -> web.Response:
    return web.json_response({"errcode": code, "errmsg": message})
