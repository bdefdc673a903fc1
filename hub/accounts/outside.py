"""How sign-in calls the outside (the SMS gateway, the platforms of `platforms/`). Called only by OUTSIDE handlers."""

from __future__ import annotations

import hashlib
import hmac
import json
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings

from hub.outbox.events import Permanent, Temporary
from hub.outgoing import http as outgoing
from hub.security.keyring import ring

SMS_SECRET = "sms.hmac"  # noqa: S105
WECHAT_SECRET = "wechat.open.app_secret"  # noqa: S105
CITY_APP_SECRET = "city_app.hmac"  # noqa: S105
_TIMEOUT = httpx.Timeout(10, connect=3)


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return outgoing.client(timeout=_TIMEOUT)


def send_sms(*, to: str, template: str, params: dict[str, str], message_id: str) -> None:
    """Hand one message to the gateway; the same `message_id` again is not sent twice."""
    body = {"to": to, "template": template, "params": params, "message_id": message_id}
    answer = signed_json(f"{settings.HUB_OUTSIDE['sms']}/v1/messages", SMS_SECRET, body)
    if answer.get("accepted") is not True:
        raise Permanent("the SMS gateway refused the message")


def signed_json(url: str, secret: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post JSON as the city's gateways take it, signed under a shared secret; what was answered, as `call`."""
    content = json.dumps(body, ensure_ascii=False).encode()
    signature = hmac.digest(ring().secret(secret), content, hashlib.sha256().name).hex()
    return call("POST", url, content=content, headers={"Content-Type": "application/json", "X-Signature": signature})


def call(method: str, url: str, **options: Any) -> dict[str, Any]:
    """The JSON object that was answered. Temporary where asking again may help, else Permanent."""
    response = fetch(method, url, **options)
    try:
        answer = response.json()
    except ValueError:
        raise Temporary(f"no JSON from {httpx.URL(url).host}") from None
    if not isinstance(answer, dict):
        raise Permanent(f"no JSON object from {httpx.URL(url).host}")
    return answer


def fetch(method: str, url: str, **options: Any) -> httpx.Response:
    """What was answered, with status 2xx or 3xx. Temporary where asking again may help, else Permanent."""
    try:
        response = _http().request(method, url, **options)
    except httpx.HTTPError as problem:
        raise Temporary(f"{type(problem).__name__} from {httpx.URL(url).host}") from problem
    if response.status_code >= 500 or response.status_code == 429:
        raise Temporary(f"HTTP {response.status_code} from {httpx.URL(url).host}")
    if response.status_code >= 400:
        raise Permanent(f"HTTP {response.status_code} from {httpx.URL(url).host}")
    return response
