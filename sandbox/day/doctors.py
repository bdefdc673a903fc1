"""Doctors who call their patients at the hub's own calling page, as a person at a browser does.

They sign in on their hospital's host with name, password and second factor, look at the day's queues, and press the
next sensible key at each: in, or called again and passed; seen, and the next one.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import random
import struct
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

import aiohttp

from sandbox.day.residents import Refused

STEP_SECONDS = 30
MISSES = 0.12  # so many do not come when called
LINGERS = 0.5  # and so many consultations last another round
ROUND = 6  # queues a round


@dataclass
class Doctor:
    """One account at one hospital's workspace."""

    http: aiohttp.ClientSession
    hub: str
    hospital: str
    login_name: str
    password: str
    totp_secret: str
    _signed_in: bool = field(default=False, init=False)

    @staticmethod
    def browser() -> aiohttp.ClientSession:
        """A browser of his own: cookies stay with one doctor."""
        return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=20))

    async def act(self, dice: random.Random) -> str:
        """One round of the queues that have anybody in them."""
        if not self._signed_in:
            await self._sign_in()
        page = await self._get("/workspace/queues")
        queues = [address for address, busy in page.queues if busy]
        dice.shuffle(queues)
        done = [await self._lead(address, dice) for address in queues[:ROUND]]
        return f"looked at {len(queues)} queues: {', '.join(done) or 'nobody waits'}"

    async def _lead(self, address: str, dice: random.Random) -> str:
        page = await self._get(address)
        keys = page.keys
        if "answer" in keys:
            if dice.random() >= MISSES:
                return await self._press(page, address, "answer")
            await self._press(page, address, "recall")
            return await self._press(await self._get(address), address, "skip")
        if "finish" in keys and dice.random() < LINGERS:
            return "goes on"
        return await self._press(page, address, "next") if "next" in keys else "paused"

    async def _press(self, page: Page, address: str, key: str) -> str:
        await self._post(f"{address}/act", {**page.fields, "act": key})
        return key

    async def _sign_in(self) -> None:
        page = await self._get("/desk/signin")
        await self._post("/desk/signin", {**page.fields, "login_name": self.login_name, "password": self.password})
        page = await self._get("/desk/signin/totp")
        await self._post("/desk/signin/totp", {**page.fields, "code": _code(self.totp_secret)})
        self._signed_in = True
        try:
            await self._get("/workspace/queues")
        except Refused:
            await asyncio.sleep(2 * STEP_SECONDS)  # a code passes once; somebody else may have used this one
            raise

    async def _get(self, path: str) -> Page:
        return await self._page("GET", path)

    async def _post(self, path: str, form: dict[str, str]) -> Page:
        return await self._page("POST", path, form)

    async def _page(self, method: str, path: str, form: dict[str, str] | None = None) -> Page:
        host = f"{self.hospital}.{urlsplit(self.hub).netloc}"
        async with self.http.request(
            method, self.hub + path, data=form, headers={"Host": host}, allow_redirects=False
        ) as answer:
            text = await answer.text()
            leads_to = answer.headers.get("Location", "")
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status}")
        if path.startswith("/workspace") and leads_to.startswith("/desk/signin"):
            self._signed_in = False
            raise Refused(f"{method} {path}: signed out")
        page = Page()
        page.feed(text)
        return page


class Page(HTMLParser):
    """What a person sees to press: hidden fields, the first of a name, keys by name, queues with somebody in them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.keys: set[str] = set()
        self.queues: list[tuple[str, bool]] = []
        self._figures: list[str] = []
        self._reads = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") == "hidden":
            self.fields.setdefault(given["name"], given.get("value", ""))
        elif tag == "button" and given.get("name") == "act":
            self.keys.add(given["value"])
        elif tag == "tr":
            self._figures = []
        elif tag == "td":
            self._reads = "num" in given.get("class", "")
        elif tag == "a" and given.get("href", "").startswith("/workspace/calling/"):
            inside, present = [*self._figures, "0", "0"][:2]
            self.queues.append((given["href"], inside != "0" or present != "0"))

    def handle_data(self, data: str) -> None:
        """A figure of a row."""
        if self._reads and data.strip():
            self._figures.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        """The end of a figure."""
        if tag == "td":
            self._reads = False


def _code(secret: str) -> str:
    """The six digits of now (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // STEP_SECONDS)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
