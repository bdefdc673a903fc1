"""Sealed page values (practice 7): a page shows masked text and carries the full value only as ciphertext.

Each value has its own AES-256-GCM key, derived from a key of the session, its label (what it is, whose it is) and a
random salt. The page's script asks for that one key by a deliberate, audited act and opens the one field; a key for
another label opens nothing. What a person types travels back the same way. Without script, or over plain HTTP on a
foreign host (no WebCrypto there), the masked value stays.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import InvalidInput

_SESSION_KEY = "sealed_key"
_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32
_PREFIX = "sealed1."
_LABEL = re.compile(r"[a-z_]+\.[a-z_]+:[0-9A-Za-z-]{1,64}")


class SealBroken(InvalidInput):
    """A sealed value of another session, label or time."""

    code = "security.seal_broken"
    text = "页面已过期，请刷新后重试。"


def session_key(session: Any) -> bytes:
    """This session's key, made on first use; it never leaves the server."""
    held = session.get(_SESSION_KEY)
    if held is None:
        held = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
        session[_SESSION_KEY] = held
    return base64.b64decode(held)


def seal(key: bytes, value: str, *, label: str) -> str:
    """The page ciphertext of a value; `label` is `<kind>.<field>:<id>`, such as `person.phone:0190…`."""
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    body = AESGCM(value_key(key, label, salt)).encrypt(nonce, value.encode(), label.encode())
    return _PREFIX + _text(salt + nonce + body)


def open_value(key: bytes, sealed: str, *, label: str) -> str:
    """The value of a page ciphertext, also of one the page's script sealed; SealBroken otherwise."""
    raw = _raw(sealed.removeprefix(_PREFIX))
    salt, nonce = raw[:_SALT_BYTES], raw[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
    try:
        plain = AESGCM(value_key(key, label, salt)).decrypt(nonce, raw[_SALT_BYTES + _NONCE_BYTES :], label.encode())
    except (InvalidTag, ValueError) as problem:
        raise SealBroken from problem
    return plain.decode()


def receive(key: bytes, value: str, *, label: str) -> str:
    """A posted field: opened when the script sealed it, taken as it is when the browser has no script."""
    return open_value(key, value, label=label) if value.startswith(_PREFIX) else value


def value_key(key: bytes, label: str, salt: bytes) -> bytes:
    """The key of one value."""
    return HKDF(hashes.SHA256(), _KEY_BYTES, salt=salt, info=label.encode()).derive(key)


def key_for_page(key: bytes, *, label: str, salt: str) -> str:
    """The key of one value as the script wants it, base64url; label and salt come from the page."""
    raw = _raw(salt)
    if not _LABEL.fullmatch(label) or len(raw) != _SALT_BYTES:
        raise SealBroken
    return _text(value_key(key, label, raw))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as problem:
        raise SealBroken from problem
