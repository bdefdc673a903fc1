"""An official account's server side: stable token, template messages, and what its followers received.

POST /cgi-bin/stable_token                      {"grant_type", "appid", "secret", "force_refresh"}
POST /cgi-bin/message/template/send             ?access_token=  {"touser", "template_id", "url", "data", ...}
GET  /cgi-bin/template/get_all_private_template ?access_token=
GET  /control/wechat?openid=&limit=             what a follower received, newest first
POST /control/wechat/followers                  {"openid", "follows"}: everybody follows until he does not
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sqlite3
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.control import Board
from sandbox.outside.wechat_open.signing_in import error

TOKEN_SECONDS = 7200
_REMEMBERED = 600  # seconds for which a client_msg_id of one reader is one message
_OPENID = re.compile(r"o[0-9A-Za-z_-]{1,40}")
_LONGEST = {"thing": 20, "character_string": 32, "time": 32, "date": 32, "amount": 32, "phrase": 5, "number": 32}
TEMPLATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "TM-VISIT-0000000000000000000000000000000001": ("就诊通知", ("thing1", "thing2", "time3", "thing4")),
    "TM-QUEUE-0000000000000000000000000000000002": ("候诊通知", ("thing1", "thing2", "character_string3", "thing4")),
    "TM-MONEY-0000000000000000000000000000000003": ("费用通知", ("thing1", "amount2", "thing3")),
    "TM-NOTES-0000000000000000000000000000000004": ("服务通知", ("thing1", "thing2")),
}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sent (
    msgid INTEGER PRIMARY KEY, appid TEXT, openid TEXT, client_msg_id TEXT, template_id TEXT, url TEXT, data TEXT,
    received REAL, status TEXT, result_tries INTEGER DEFAULT 0, result_done INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS sent_openid ON sent (openid, received);
CREATE TABLE IF NOT EXISTS stranger (openid TEXT PRIMARY KEY);
"""


class Accounts:
    """The accounts of the configuration, with one book."""

    def __init__(self, apps: dict[str, str], path: Path, board: Board) -> None:
        self._apps, self.board = apps, board
        self._tokens: dict[str, tuple[str, float]] = {}
        self._dead: set[str] = set()
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_SCHEMA}")

    def routes(self) -> list[web.RouteDef]:
        """What servers meet, and the followers' phones for tests."""
        return [
            web.post("/cgi-bin/stable_token", self._token),
            web.post("/cgi-bin/message/template/send", self._send),
            web.get("/cgi-bin/template/get_all_private_template", self._templates),
            web.get("/control/wechat", self._screen),
            web.post("/control/wechat/followers", self._follow),
        ]

    async def _token(self, request: web.Request) -> web.Response:
        await self._troubles("token")
        asked = await request.json()
        appid = str(asked.get("appid", ""))
        if asked.get("grant_type") != "client_credential":
            return error(40002, "invalid grant_type")
        if appid not in self._apps:
            return error(40013, "invalid appid")
        if asked.get("secret") != self._apps[appid]:
            return error(40125, "invalid appsecret")
        kept = self._tokens.get(appid)
        if kept is None or kept[1] < time.time() or asked.get("force_refresh") or kept[0] in self._dead:
            kept = (secrets.token_urlsafe(90), time.time() + TOKEN_SECONDS)
            self._tokens[appid] = kept
        return web.json_response({"access_token": kept[0], "expires_in": int(kept[1] - time.time())})

    async def _send(self, request: web.Request) -> web.Response:
        await self._troubles("send")
        if self.board.take("busy") is not None:
            return error(-1, "system error")
        appid = self._of_token(request)
        if appid is None:
            return error(40001, "invalid credential, access_token is invalid or not latest")
        asked = await request.json()
        wanted = self.board.take("errcode")
        if wanted is not None:
            return error(int(float(str(wanted))), "refused by switch")
        wrong = self._wrong(asked)
        if wrong is not None:
            return error(*wrong)
        msgid = self._keep(appid, asked)
        if self.board.take("drop_answer") is not None:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": msgid})

    def _wrong(self, asked: dict[str, Any]) -> tuple[int, str] | None:
        openid, template_id, data = str(asked.get("touser", "")), str(asked.get("template_id", "")), asked.get("data")
        if not _OPENID.fullmatch(openid):
            return 40003, "invalid openid"
        if self.db.execute("SELECT 1 FROM stranger WHERE openid=?", (openid,)).fetchone():
            return 43004, "require subscribe"
        if template_id not in TEMPLATES:
            return 40037, "invalid template_id"
        for name in TEMPLATES[template_id][1]:
            value = str(((data or {}).get(name) or {}).get("value", ""))
            if not value or len(value) > _LONGEST[name.rstrip("0123456789")]:
                return 47003, f"argument invalid! data.{name}.value {'is empty' if not value else 'too long'}"
        return None

    def _keep(self, appid: str, asked: dict[str, Any]) -> int:
        """The number of the message; one this reader was sent under the same id within ten minutes is that message."""
        now, openid, client_id = time.time(), str(asked["touser"]), str(asked.get("client_msg_id", ""))
        known = self.db.execute(
            "SELECT msgid FROM sent WHERE openid=? AND client_msg_id=? AND client_msg_id<>'' AND received>?",
            (openid, client_id, now - _REMEMBERED),
        ).fetchone()
        if known is not None:
            return int(known["msgid"])
        status = "success"
        if self.board.take("user_block") is not None:
            status = "failed:user block"
        elif self.board.take("system_failed") is not None:
            status = "failed: system failed"
        msgid = secrets.randbelow(10**15) + 10**15
        row = (msgid, appid, openid, client_id, asked["template_id"], str(asked.get("url", "")))
        self.db.execute(
            "INSERT INTO sent (msgid, appid, openid, client_msg_id, template_id, url, data, received, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, json.dumps(asked["data"], ensure_ascii=False), now, status),
        )
        return msgid

    async def _templates(self, request: web.Request) -> web.Response:
        if self._of_token(request) is None:
            return error(40001, "invalid credential")
        listed = [
            {
                "template_id": key,
                "title": title,
                "content": "\n".join(f"{{{{{name}.DATA}}}}" for name in names),
            }
            for key, (title, names) in TEMPLATES.items()
        ]
        return web.json_response({"template_list": listed})

    async def _screen(self, request: web.Request) -> web.Response:
        openid, limit = request.query.get("openid", ""), min(int(request.query.get("limit", 20)), 200)
        rows = self.db.execute(
            "SELECT * FROM sent WHERE (?='' OR openid=?) AND status='success' ORDER BY received DESC LIMIT ?",
            (openid, openid, limit),
        ).fetchall()
        return web.json_response({"messages": [_view(row) for row in rows]})

    async def _follow(self, request: web.Request) -> web.Response:
        asked = await request.json()
        verb = (
            "DELETE FROM stranger WHERE openid=?" if asked["follows"] else "INSERT OR IGNORE INTO stranger VALUES (?)"
        )
        self.db.execute(verb, (str(asked["openid"]),))
        return web.json_response({})

    async def _troubles(self, operation: str) -> None:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        await asyncio.sleep(self.board.number("slow", operation))

    def _of_token(self, request: web.Request) -> str | None:
        given = request.query.get("access_token", "")
        if self.board.take("token_dead") is not None:
            self._dead.add(given)
        living = (appid for appid, (token, ends) in self._tokens.items() if token == given and ends > time.time())
        return next(living, None) if given not in self._dead else None

    def facts(self) -> dict[str, Any]:
        """For the control page."""
        rows = self.db.execute("SELECT * FROM sent ORDER BY received DESC LIMIT 20").fetchall()
        count = self.db.execute("SELECT count(*) FROM sent").fetchone()[0]
        return {"template_messages": count, "latest": [{**_view(row), "status": row["status"]} for row in rows]}


def _view(row: sqlite3.Row) -> dict[str, Any]:
    title, _ = TEMPLATES[row["template_id"]]
    data = {name: part["value"] for name, part in json.loads(row["data"]).items()}
    return {
        "msgid": row["msgid"],
        "openid": row["openid"],
        "client_msg_id": row["client_msg_id"],
        "title": title,
        "data": data,
        "text": "，".join(data.values()),
        "url": row["url"],
        "received": row["received"],
    }
