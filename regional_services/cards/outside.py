"""The issuers: the health-card platform (getHealthCardByQRCode) and the insurer (EC03). For an OUTSIDE handler only.

Both are asked once with a short patience: somebody stands at the desk, and an ID card does as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import uuid4

import httpx
from django.conf import settings

from hub import clock
from hub.outgoing import http as outgoing
from hub.security.keyring import ring
from regional_services.cards.kinds import Scheme

HEALTH_CARD_SECRET = "outside.health_card"  # noqa: S105 (a reference, not a secret)
INSURER_SECRET = "outside.insurer"  # noqa: S105
_PREFIX = "/rest/auth/HealthCard/HealthOpenPlatform"
_TOKEN_GONE = 10002


class Unanswered(Exception):
    """No definite answer in time."""


class Refused(Exception):
    """The issuer says that the code is no good, in its words."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose code it is: the document's number, and the card's own number at its issuer."""

    document_number: str
    card_id: str


def holder_of(scheme: Scheme, code: str) -> Holder:
    """Ask the issuer. Refused, Unanswered."""
    return _health_card(code) if scheme is Scheme.HEALTH_CARD else _insurance(code)


class _Token:
    """The platform's token: a new one ends the old, so one process holds one and asks again only when it is refused."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._value, self._until, self._of = "", 0.0, ""

    def get(self, *, afresh: bool = False) -> str:
        origin = settings.HUB_OUTSIDE["health_card"]
        with self._guard:
            if afresh or time.monotonic() >= self._until or self._of != origin:
                answer = _ask("HealthOpenAuth/AuthObj/getAppToken", {"appId": settings.HUB_HEALTH_CARD_APP}, "")
                if answer["commonOut"].get("resultCode") != 0:  # our key or clock is wrong, not the code
                    raise Unanswered(f"getAppToken: {answer['commonOut'].get('errMsg', '')}"[:120])
                self._value, self._of = str(answer["rsp"]["appToken"]), origin
                self._until = time.monotonic() + 7000
            return self._value


_token = _Token()


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return outgoing.client(timeout=httpx.Timeout(3, connect=2))


def _health_card(code: str) -> Holder:
    for afresh in (False, True):
        answer = _ask("ISVOpenObj/getHealthCardByQRCode", {"qrCodeText": code}, _token.get(afresh=afresh))
        if answer["commonOut"].get("resultCode") != _TOKEN_GONE:
            break
    if answer["commonOut"].get("resultCode") != 0:
        raise Refused(str(answer["commonOut"].get("errMsg", ""))[:120])
    card = answer["rsp"]["card"]
    return Holder(str(card["idNumber"]).upper(), str(card["healthCardId"]))


def _ask(call: str, req: Mapping[str, str], token: str) -> dict[str, Any]:
    common = {
        "appToken": token,
        "requestId": uuid4().hex,
        "hospitalId": settings.HUB_HEALTH_CARD_APP,
        "timestamp": str(int(clock.now().timestamp())),
        "channelNum": 0,
    }
    common["sign"] = sign(ring().secret(HEALTH_CARD_SECRET).decode(), {**common, **req})
    answer = _post(
        settings.HUB_OUTSIDE["health_card"] + f"{_PREFIX}/{call}", {"commonIn": common, "req": dict(req)}, {}
    )
    if "commonOut" not in answer:
        raise Unanswered("no commonOut")
    return answer


def sign(secret: str, values: Mapping[str, object]) -> str:
    """Base64 of SHA-256 over the sorted `name=value` pairs that are not empty, joined by `&`, then the secret."""
    text = "&".join(f"{name}={values[name]}" for name in sorted(values) if str(values[name]) != "")
    return base64.b64encode(hashlib.sha256((text + secret).encode()).digest()).decode()


def _insurance(code: str) -> Holder:
    number = f"EC{uuid4().hex[:26].upper()}"
    body = {
        "infno": "EC03",
        "msgid": number,
        "infver": "V1.0",
        "opter_type": "1",
        "inf_time": f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}",
        "input": {"data": {"ec_qrcode": code, "business_type": "01101"}},
    }
    raw = json.dumps(body, ensure_ascii=False).encode()
    signature = hmac.digest(ring().secret(INSURER_SECRET), raw, "sha256").hex()
    answer = _post(settings.HUB_OUTSIDE["insurer"] + "/api/fsi/callService", body, {"X-Signature": signature})
    if answer.get("infcode") == 0:
        output = answer["output"]
        return Holder(str(output["idNo"]).upper(), str(output["ecIndexNo"]))
    if isinstance(answer.get("infcode"), int) and answer["infcode"] < 0:
        raise Refused(str(answer.get("err_msg", ""))[:120])
    raise Unanswered(f"infcode {answer.get('infcode')!r}")


def _post(url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    raw = json.dumps(body, ensure_ascii=False).encode()
    try:
        response = _http().post(url, content=raw, headers={"Content-Type": "application/json", **headers})
        answer = response.json() if response.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError) as problem:
        raise Unanswered(type(problem).__name__) from problem
    if not isinstance(answer, dict):
        raise Unanswered(f"HTTP {response.status_code}")
    return answer
