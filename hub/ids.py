"""Identifiers: UUIDv7 for what leaves its schema, domain numbers for what people type (kernel decision 11)."""

from __future__ import annotations

import os
import secrets
import threading
import time
import uuid

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U
_SPOKEN = 8
_MISHEARD = str.maketrans("ILO", "110")
_lock = threading.Lock()
_last_ms = 0
_counter = 0


def uuid7() -> uuid.UUID:
    """A UUIDv7 (RFC 9562), monotonic within this process: 48 bits of milliseconds, 12 of counter, 62 random."""
    global _last_ms, _counter
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last_ms:
            _last_ms, _counter = now, secrets.randbelow(0x400)
        else:
            _counter += 1
            if _counter > 0xFFF:
                _last_ms, _counter = _last_ms + 1, 0
        ms, counter = _last_ms, _counter
    tail = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return uuid.UUID(int=(ms << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | tail)


def payment_number(value: uuid.UUID) -> str:
    """The out_trade_no of a payment or refund: the UUID in hex, 32 characters (the limit of WeChat Pay v3)."""
    return value.hex


def domain_number(prefix: str, value: uuid.UUID) -> str:
    """A number of at most 28 characters [0-9A-Z] for HIS and people (practice 19, F16), derived from `value`."""
    if not prefix.isalnum() or not prefix.isupper() or len(prefix) > 2:
        raise ValueError(f"prefix must be one or two of [A-Z0-9]: {prefix!r}")
    n, digits = value.int, ""
    while n:
        n, d = divmod(n, 32)
        digits = _ALPHABET[d] + digits
    return prefix + digits.rjust(26, "0")


def spoken(number: str) -> str:
    """A domain number as people read it aloud: its last eight characters (40 random bits), in two groups."""
    return f"{number[-_SPOKEN:-4]}-{number[-4:]}"


def heard(text: str) -> str:
    """The eight characters of a spoken number, also with letters taken for digits; "" for anything else."""
    typed = text.strip().upper().replace("-", "").replace(" ", "").translate(_MISHEARD)
    return typed if len(typed) == _SPOKEN and all(one in _ALPHABET for one in typed) else ""
