"""Who follows the official account: what its server asks, and the page where people follow it.

GET  /cgi-bin/user/info?access_token=&openid=&lang=      -> {"subscribe": 0|1, "openid", ...}, as WeChat answers
GET  /mp/profile_ext?action=home&__biz=                  the account's page: follow, or stop following, as somebody
"""

from __future__ import annotations

import time
from html import escape

from aiohttp import web

from sandbox.control import Board
from sandbox.outside.page import page
from sandbox.outside.people import person
from sandbox.outside.wechat_open.account import Accounts
from sandbox.outside.wechat_open.signing_in import error, openid

_SHOWN = 12


class Following:
    """Followers of the platform's accounts, in the accounts' own book."""

    def __init__(self, accounts: Accounts, apps: dict[str, str], board: Board) -> None:
        self._accounts, self._apps, self._board = accounts, apps, board

    def routes(self) -> list[web.RouteDef]:
        """What the account's server asks, and the page people see."""
        return [
            web.get("/cgi-bin/user/info", self._info),
            web.get("/mp/profile_ext", self._profile),
            web.post("/mp/profile_ext", self._follow),
        ]

    async def _info(self, request: web.Request) -> web.Response:
        if self._board.take("down") is not None or self._board.take("user_info_down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        if self._accounts.of_token(request) is None:
            return error(40001, "invalid credential, access_token is invalid or not latest")
        asked = request.query.get("openid", "")
        if not asked.startswith("o"):
            return error(40003, "invalid openid")
        if not self._accounts.follows(asked):
            return web.json_response({"subscribe": 0, "openid": asked})
        return web.json_response(
            {
                "subscribe": 1,
                "openid": asked,
                "language": "zh_CN",
                "subscribe_time": int(time.time()),
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
        followed = self._accounts.follows(openid(appid, f"person:{index}"))
        return (
            f"<form method=post class=row><input type=hidden name=appid value='{escape(appid)}'>"
            f"<input type=hidden name=person value={index}>{escape(name)}"
            f"<button class={'no' if followed else 'pay'} name=on value={0 if followed else 1}>"
            f"{'取消关注' if followed else '关注'}</button></form>"
        )

    async def _follow(self, request: web.Request) -> web.Response:
        form = await request.post()
        who = openid(str(form["appid"]), f"person:{int(str(form['person']))}")
        self._accounts.set_follows(who, follows=form.get("on") == "1")
        return await self._profile(request)
