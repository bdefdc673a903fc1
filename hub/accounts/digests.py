"""Digests of random secrets (tokens, devices, session bindings): too random to guess, so plain SHA-256 will do."""

from __future__ import annotations

import hashlib


def device_name(digest: bytes | memoryview) -> str:
    """What stands for a device in an actor: short, and nobody gets in with it."""
    return bytes(digest[:8]).hex()


def of(secret: str) -> bytes:
    """32 bytes that stand for `secret` in a column."""
    return hashlib.sha256(secret.encode()).digest()
