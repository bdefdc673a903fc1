"""What the platforms' sign-in pages have in common: demo persons to choose from, and codes that work once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from sandbox.outside.people import person

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a code stands for, at which application."""

    app: str
    subject: str
    expires: float
    used: bool = False


class Grants:
    """The codes of one platform."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[str, Grant] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def issue(self, app: str, subject: str) -> str:
        """A code for a user of an application."""
        code = "0" + secrets.token_hex(15)
        self._kept[code] = Grant(app, subject, time.time() + self._seconds)
        return code

    def take(self, app: str, code: str) -> Grant | None:
        """The grant of a code as it was; from now on it is used. None for one unknown, too old or of another app."""
        found = self._kept.get(code)
        if found is None or found.app != app or found.expires < time.time():
            return None
        self._kept[code] = replace(found, used=True)
        return found


def choices(query: Mapping[str, str], users_of: str) -> str:
    """A list of demo persons; each leads to the same address with `person=` added."""
    return "".join(
        f'<a class=row href="?{escape(urlencode({**query, "person": human.index}))}">{escape(human.name)}'
        f"<br><small>演示{users_of}用户 {human.index + 1}</small></a>"
        for human in map(person, range(_SHOWN))
    )


def back(redirect_uri: str, answer: Mapping[str, str]) -> web.HTTPFound:
    """Send the browser back to where it came from, with the answer."""
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return web.HTTPFound(f"{redirect_uri}{joint}{urlencode(dict(answer))}")
