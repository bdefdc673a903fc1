"""The official account's own interface: does this openid follow it? Called by an OUTSIDE handler only.

GET /cgi-bin/stable_token may be asked by every process: it gives the same token until that ends.
"""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings

from hub.accounts.outside import WECHAT_SECRET
from hub.outgoing import http as outgoing
from hub.security.keyring import ring
from regional_services.entries.models import FollowState

_EARLY = 300  # seconds before its end a token is not used any more
_TOKEN_GONE = frozenset({40001, 40014, 42001})
_NOT_OURS = frozenset({40003})  # the openid is not one of this official account


class Unanswered(Exception):
    """No definite answer: to be asked again."""


class _Token:
    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._value, self._until, self._of = "", 0.0, ""

    def get(self, *, afresh: bool = False) -> str:
        """The server's token, fetched when there is none, or none that counts."""
        origin = f"{settings.HUB_OUTSIDE['wechat_open']}|{settings.HUB_WECHAT_APPID}"
        with self._guard:
            if afresh or time.monotonic() >= self._until or self._of != origin:
                answer = _call(
                    "POST",
                    "/cgi-bin/stable_token",
                    json={
                        "grant_type": "client_credential",
                        "appid": settings.HUB_WECHAT_APPID,
                        "secret": ring().secret_text(WECHAT_SECRET),
                        "force_refresh": afresh,
                    },
                )
                if "access_token" not in answer:
                    raise Unanswered(f"errcode {answer.get('errcode')}")
                self._value, self._of = str(answer["access_token"]), origin
                self._until = time.monotonic() + int(answer.get("expires_in", 0)) - _EARLY
            return self._value


_token = _Token()


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return outgoing.client(timeout=httpx.Timeout(8, connect=2))


def follows(openid: str) -> FollowState:
    """YES or NO as WeChat says; Unanswered for everything else."""
    for afresh in (False, True):
        answer = _call(
            "GET",
            "/cgi-bin/user/info",
            params={"access_token": _token.get(afresh=afresh), "openid": openid, "lang": "zh_CN"},
        )
        code = int(answer.get("errcode", 0))
        if code in _NOT_OURS:
            return FollowState.NO
        if code not in _TOKEN_GONE:
            break
    if answer.get("subscribe") in (0, 1) and not code:
        return FollowState.YES if answer["subscribe"] == 1 else FollowState.NO
    raise Unanswered(f"errcode {code}")


def _call(method: str, path: str, **options: Any) -> dict[str, Any]:
    try:
        response = _http().request(method, settings.HUB_OUTSIDE["wechat_open"] + path, **options)
        answer = response.json() if response.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError) as problem:
        raise Unanswered(type(problem).__name__) from problem
    if not isinstance(answer, dict):
        raise Unanswered(f"HTTP {response.status_code}")
    return answer
