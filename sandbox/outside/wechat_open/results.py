"""TEMPLATESENDJOBFINISH: sealed (AES-256-CBC) and signed (SHA-1 of sorted parts), as in the secure mode."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sandbox.outside.wechat_open.account import Accounts

_TRIES = 3  # as the platform: within some seconds, then never again
_BLOCK = 32


class Results:
    """Tells each account's server what became of its messages; an app without `event_token` is told nothing."""

    def __init__(self, accounts: Accounts, apps: Mapping[str, Mapping[str, Any]], url: str) -> None:
        self._accounts, self._apps, self._url = accounts, apps, url

    async def run(self) -> None:
        """Look for messages whose result is owed, until the program ends."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while True:
                rows = self._accounts.db.execute(
                    "SELECT * FROM sent WHERE result_done=0 AND received<? LIMIT 50", (time.time() - 0.5,)
                ).fetchall()
                for row in rows:
                    await self._tell(session, row)
                await asyncio.sleep(0.5)

    async def _tell(self, session: aiohttp.ClientSession, row: sqlite3.Row) -> None:
        app, board = self._apps.get(row["appid"], {}), self._accounts.board
        told = not app.get("event_token") or board.take("no_result") is not None
        if not told:
            told = await self._push(session, app, row)
            if board.take("duplicate_result") is not None:
                await self._push(session, app, row)
        tries = row["result_tries"] + 1
        self._accounts.db.execute(
            "UPDATE sent SET result_tries=?, result_done=? WHERE msgid=?",
            (tries, int(told or tries >= _TRIES), row["msgid"]),
        )

    async def _push(self, session: aiohttp.ClientSession, app: Mapping[str, Any], row: sqlite3.Row) -> bool:
        now, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
        event = (
            f"<xml><ToUserName><![CDATA[gh_{row['appid'][-8:]}]]></ToUserName>"
            f"<FromUserName><![CDATA[{row['openid']}]]></FromUserName><CreateTime>{now}</CreateTime>"
            "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event>"
            f"<MsgID>{row['msgid']}</MsgID><Status><![CDATA[{row['status']}]]></Status></xml>"
        )
        sealed = seal(str(app["event_aes_key"]), event, row["appid"])
        query = {
            "timestamp": now,
            "nonce": nonce,
            "openid": row["openid"],
            "encrypt_type": "aes",
            "msg_signature": signature(str(app["event_token"]), now, nonce, sealed),
        }
        body = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{escape(sealed)}]]></Encrypt></xml>"
        try:
            async with session.post(self._url, params=query, data=body, headers={"Content-Type": "text/xml"}) as answer:
                return answer.status == 200 and await answer.text() in {"success", ""}
        except (aiohttp.ClientError, TimeoutError):
            return False


def seal(aes_key: str, text: str, appid: str) -> str:
    """16 random bytes, the length, the text, the appid; padded to blocks of 32, sealed under the account's key."""
    key, written = base64.b64decode(aes_key + "="), text.encode()
    plain = secrets.token_bytes(16) + len(written).to_bytes(4, "big") + written + appid.encode()
    missing = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([missing]) * missing) + encryptor.finalize()).decode()


def signature(token: str, *parts: str) -> str:
    """SHA-1 over the sorted token and parts."""
    return hashlib.sha1("".join(sorted([token, *parts])).encode(), usedforsecurity=False).hexdigest()
