"""The access token of WeChat's official account: one holder in a process, for all who speak to its interface.

`stable_token` gives every caller the same token and does not end the earlier one, so each process keeps its own in
memory (ADR 1043). Called by OUTSIDE handlers only.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from django.conf import settings

from hub.accounts import outside
from hub.security.keyring import ring

TOKEN_GONE = frozenset({40001, 40014, 41001, 42001})
"""Error codes of a call whose token is believed no more; nothing else of the call was looked at."""
UNREADABLE = -2
"""Stands for an errcode that is no number."""
_SPARE = 300.0  # seconds before its end at which a token is renewed


class NoToken(Exception):
    """WeChat gave none; `code` is its errcode, 0 when it named none."""

    def __init__(self, code: int) -> None:
        super().__init__(f"errcode {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class _Kept:
    place: str
    token: str
    until: float  # by the monotonic clock


class _Holder:
    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: _Kept | None = None

    def get(self, gone: str) -> str:
        base, appid = settings.HUB_OUTSIDE["wechat_open"], settings.HUB_WECHAT_APPID
        place = f"{base}|{appid}"
        with self._guard:
            kept = self._kept
            usable = kept is not None and kept.place == place and time.monotonic() < kept.until
            if usable and kept is not None and kept.token != gone:
                return kept.token
            # Renewing by force ends the token for everybody: of the threads that met a gone one, the first does it.
            forced = usable
            self._kept = None
        answer = outside.call(
            "POST",
            f"{base}/cgi-bin/stable_token",
            json={
                "grant_type": "client_credential",
                "appid": appid,
                "secret": ring().secret_text(outside.WECHAT_SECRET),
                "force_refresh": forced,
            },
        )
        token = str(answer.get("access_token", ""))
        if not token:
            raise NoToken(error_code(answer))
        lasts = max(float(answer.get("expires_in", 0)) - _SPARE, 0.0)
        with self._guard:
            self._kept = _Kept(place, token, time.monotonic() + lasts)
        return token


def error_code(answer: dict[str, object]) -> int:
    """The errcode of an answer: 0 for success or none, UNREADABLE for what is no number."""
    text = str(answer.get("errcode", 0))
    return int(text) if text.removeprefix("-").isdecimal() else UNREADABLE


_holder = _Holder()


def token(*, gone: str = "") -> str:
    """The account's token; `gone` is one that WeChat has just refused, which is replaced.

    NoToken where WeChat gives none, KeyMissing without the account's secret, Temporary or Permanent as `outside.call`.
    """
    return _holder.get(gone)
