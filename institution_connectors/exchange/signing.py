"""Who sends a message: HMAC-SHA256 over method, path, time, nonce and body digest, by the hospital's own key."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from redis import RedisError

from hub import redis
from institution_connectors.exchange.errors import BadSignature

TOLERANCE_SECONDS = 300
_NONCE = re.compile(r"[0-9A-Za-z]{16,64}\Z")


def signature(secret: bytes, *, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """The signature of a POST, in lower-case hex."""
    content = "\n".join(["POST", path, timestamp, nonce, hashlib.sha256(body).hexdigest()])
    return hmac.new(secret, content.encode(), hashlib.sha256).hexdigest()


def verify(code: str, secret: bytes, *, path: str, head: Mapping[str, str], body: bytes, now: datetime) -> None:
    """`BadSignature` unless hospital `code` signed this, just now, and not with the nonce of another message."""
    timestamp, nonce = head.get("timestamp", ""), head.get("nonce", "")
    if not timestamp.isdecimal() or not _NONCE.match(nonce):
        raise BadSignature("签名校验失败：缺少 timestamp 或 nonce。")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("签名校验失败：timestamp 与平台时间相差超过 5 分钟。")
    expected = signature(secret, path=path, timestamp=timestamp, nonce=nonce, body=body)
    if not hmac.compare_digest(head.get("sign", "").lower().encode(), expected.encode()):
        raise BadSignature
    if not _first_use(code, nonce, expected):
        raise BadSignature("签名校验失败：nonce 已用于其他消息。")


def notification_token(secret: bytes, code: str) -> str:
    """What a server that notifies hospital `code`'s changes shows: the hub hands it over with its subscription."""
    return hmac.new(secret, f"notifications:{code}".encode(), hashlib.sha256).hexdigest()


def verify_token(code: str, secret: bytes, head: Mapping[str, str]) -> None:
    """`BadSignature` unless the message shows the token of hospital `code`."""
    kind, _, token = head.get("authorization", "").partition(" ")
    expected = notification_token(secret, code)
    if kind.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), expected.encode()):
        raise BadSignature("通知令牌校验失败。")


def _first_use(code: str, nonce: str, signed: str) -> bool:
    """A nonce belongs to one message; the same message may be sent again, and is recognised by its number anyway."""
    try:
        name = redis.key("nonce", code, nonce)
        if redis.client().set(name, signed, nx=True, ex=2 * TOLERANCE_SECONDS):
            return True
        return redis.client().get(name) == signed
    except RedisError:
        return True  # without Redis the time window and the message numbers still hold
