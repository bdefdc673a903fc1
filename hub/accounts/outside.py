"""The two outside parties of sign-in: the SMS gateway and WeChat's open platform. Called only by OUTSIDE handlers."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings

from hub.outbox.events import Permanent, Temporary
from hub.outgoing import http as outgoing
from hub.security.keyring import ring

SMS_SECRET = "sms.hmac"  # noqa: S105
WECHAT_SECRET = "wechat.open.app_secret"  # noqa: S105
_TIMEOUT = httpx.Timeout(10, connect=3)


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return outgoing.client(timeout=_TIMEOUT)


def send_sms(*, to: str, template: str, params: dict[str, str], message_id: str) -> None:
    """Hand one message to the gateway; the same `message_id` again is not sent twice."""
    body = json.dumps(
        {"to": to, "template": template, "params": params, "message_id": message_id}, ensure_ascii=False
    ).encode()
    signature = hmac.digest(ring().secret(SMS_SECRET), body, hashlib.sha256().name).hex()
    answer = call(
        "POST",
        f"{settings.HUB_OUTSIDE['sms']}/v1/messages",
        content=body,
        headers={"Content-Type": "application/json", "X-Signature": signature},
    )
    if answer.get("accepted") is not True:
        raise Permanent("the SMS gateway refused the message")


@dataclass(frozen=True, slots=True)
class WechatAnswer:
    """What became of an authorisation code: an openid, or the reason there is none."""

    openid: str
    reason: str = ""


def exchange_wechat_code(*, appid: str, code: str) -> WechatAnswer:
    """Exchange an authorisation code for an openid. A snapshot page's virtual openid is refused."""
    answer = call(
        "GET",
        f"{settings.HUB_OUTSIDE['wechat_open']}/sns/oauth2/access_token",
        params={
            "appid": appid,
            "secret": ring().secret_text(WECHAT_SECRET),
            "code": code,
            "grant_type": "authorization_code",
        },
    )
    if answer.get("errcode"):
        return WechatAnswer("", f"errcode_{int(answer['errcode'])}")
    if answer.get("is_snapshotuser") == 1:
        return WechatAnswer("", "snapshot_page")
    openid = str(answer.get("openid", ""))
    return WechatAnswer(openid, "" if openid else "no_openid")


def call(method: str, url: str, **options: Any) -> dict[str, Any]:
    """The JSON object that was answered. Temporary where asking again may help, else Permanent."""
    try:
        response = _http().request(method, url, **options)
    except httpx.HTTPError as problem:
        raise Temporary(f"{type(problem).__name__} from {httpx.URL(url).host}") from problem
    if response.status_code >= 500 or response.status_code == 429:
        raise Temporary(f"HTTP {response.status_code} from {httpx.URL(url).host}")
    if response.status_code >= 400:
        raise Permanent(f"HTTP {response.status_code} from {httpx.URL(url).host}")
    try:
        answer = response.json()
    except ValueError as problem:
        raise Temporary(f"no JSON from {httpx.URL(url).host}") from problem
    if not isinstance(answer, dict):
        raise Permanent(f"no JSON object from {httpx.URL(url).host}")
    return answer
