"""The key of the audit: HMAC-SHA-256 under a key that the database's administrators do not hold."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

KEY_ID = "settings-1"


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"hub.audit.{purpose}".encode(), "sha256")


def sign(message: bytes) -> tuple[str, bytes]:
    """The active key's id and the MAC of `message`."""
    return KEY_ID, hmac.digest(_key(settings.SECRET_KEY, "entry"), message, hashlib.sha256().name)


def verifies(key_id: str, message: bytes, mac: bytes) -> bool:
    """Whether `mac` was made for `message` under the key named."""
    return key_id == KEY_ID and hmac.compare_digest(sign(message)[1], mac)


def digest(message: bytes) -> bytes:
    """A keyed digest of an object's state."""
    return hmac.digest(_key(settings.SECRET_KEY, "state"), message, hashlib.sha256().name)
