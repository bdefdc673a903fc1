"""The signed conversation with WeChat Pay v3: one request, one verified answer, three outcomes."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from hub import clock
from hub.outgoing import http as outgoing
from hub.security.keyring import ring
from regional_services.payments.channels.contract import Outcome
from regional_services.payments.channels.wechat import crypto
from regional_services.payments.metrics import CHANNEL_SKEW
from regional_services.payments.models import MerchantAccount

FRESH = timedelta(minutes=5)
SKEW_ALARM = timedelta(seconds=30)
_TIMEOUT = httpx.Timeout(connect=2.0, read=6.0, write=3.0, pool=3.0)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one call: the payload of a verified 2xx, or the code of a refusal, or neither."""

    outcome: Outcome
    payload: dict[str, Any]
    code: str


@cache
def _http() -> httpx.Client:
    return outgoing.client(timeout=_TIMEOUT)


def merchant_key(merchant: MerchantAccount) -> rsa.RSAPrivateKey:
    """The key this merchant signs with, out of the key ring."""
    return _private_key(ring().secret_text(merchant.private_key_ref))


@lru_cache(maxsize=1024)
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    return crypto.private_key(pem)


@lru_cache(maxsize=1024)
def _public_key(pem: str) -> rsa.RSAPublicKey:
    return crypto.public_key(pem)


def call(merchant: MerchantAccount, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
    """One signed request; `path` carries its query exactly as sent."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")) if body is not None else ""
    headers = {
        "Authorization": _authorization(merchant, method, path, content),
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Wechatpay-Serial": merchant.channel_key_id,
        "User-Agent": "health-district-hub/1",
    }
    sent_at = clock.now()
    try:
        address = settings.HUB_OUTSIDE["wechat_pay"] + path
        response = _http().request(method, address, content=content.encode(), headers=headers)
    except httpx.HTTPError as problem:
        return Reply(Outcome.UNKNOWN, {}, type(problem).__name__)
    _measure_clock(response.headers.get("Date", ""), sent_at)
    return _read(merchant, response)


def _measure_clock(date: str, sent_at: datetime) -> None:
    """Compare our clock with the channel's: five minutes off, it believes no signature of ours, nor we its own."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return
    now = clock.now()
    skew = (sent_at + (now - sent_at) / 2 - theirs).total_seconds()
    CHANNEL_SKEW.labels("wechat").set(skew)
    if abs(skew) > SKEW_ALARM.total_seconds():
        _log.error("the hub's clock is %.0f s ahead of WeChat Pay's", skew)


def genuine(merchant: MerchantAccount, headers: Mapping[str, str], body: str) -> bool:
    """Whether an answer or notice is signed by WeChat Pay for this merchant, and fresh."""
    stamp = headers.get("Wechatpay-Timestamp", "")
    if headers.get("Wechatpay-Serial") != merchant.channel_key_id or not stamp.isdecimal():
        return False
    if abs(clock.now().timestamp() - int(stamp)) > FRESH.total_seconds():
        return False
    message = crypto.lines(stamp, headers.get("Wechatpay-Nonce", ""), body)
    return crypto.verifies(_public_key(merchant.channel_public_key), message, headers.get("Wechatpay-Signature", ""))


def _authorization(merchant: MerchantAccount, method: str, path: str, content: str) -> str:
    timestamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
    message = crypto.lines(method, path, timestamp, nonce, content)
    return crypto.authorization(
        mchid=merchant.mchid,
        serial_no=merchant.serial_no,
        nonce=nonce,
        timestamp=timestamp,
        signature=crypto.sign(merchant_key(merchant), message),
    )


def _read(merchant: MerchantAccount, response: httpx.Response) -> Reply:
    try:
        payload = json.loads(response.content) if response.content else {}
    except ValueError:
        return Reply(Outcome.UNKNOWN, {}, "UNREADABLE")
    code = str(payload.get("code", "")) if isinstance(payload, dict) else "UNREADABLE"
    if response.is_success:
        if not isinstance(payload, dict) or not genuine(merchant, response.headers, response.text):
            _log.error("an answer of WeChat Pay could not be verified", extra={"mchid": merchant.mchid})
            return Reply(Outcome.UNKNOWN, {}, "UNVERIFIED")
        return Reply(Outcome.ACCEPTED, payload, "")
    # A request whose signature or time is not believed was not looked at: that says nothing about the money.
    unheard = response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.TOO_MANY_REQUESTS}
    if unheard or response.is_server_error:
        return Reply(Outcome.UNKNOWN, {}, code or str(response.status_code))
    return Reply(Outcome.REJECTED, {}, code or str(response.status_code))
