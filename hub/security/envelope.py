"""Sealed values: header (format, suite, key id), nonce, ciphertext, tag; bound to header and purpose.

The key id in the header lets old and new keys be read side by side while `keyring reencrypt` walks the rows.
"""

from __future__ import annotations

from hub.security.ciphers import SUITE_BY_CODE, TamperedCiphertext
from hub.security.keyring import KEY_ID_BYTES, Key, ring

_FORMAT = 1
HEADER_BYTES = 2 + KEY_ID_BYTES


def header_of(key: Key) -> bytes:
    """The first bytes of everything this key seals."""
    return bytes((_FORMAT, key.suite.code)) + key.id


def key_id_of(sealed: bytes) -> bytes:
    """The id of the key a sealed value names."""
    return sealed[2:HEADER_BYTES]


def seal(purpose: str, plain: bytes, *, owner: str) -> bytes:
    """`plain` sealed by the owner's active key for one purpose."""
    key = ring().active(owner)
    header = header_of(key)
    return header + key.suite.seal(key.derived(purpose), plain, header + purpose.encode())


def open_sealed(purpose: str, sealed: bytes) -> bytes:
    """The plain bytes; TamperedCiphertext when altered or sealed for another purpose."""
    header, rest = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    if len(header) < HEADER_BYTES or header[0] != _FORMAT or header[1] not in SUITE_BY_CODE:
        raise TamperedCiphertext("no sealed value of a known format")
    key = ring().by_id(header[2:])
    if key.suite.code != header[1]:
        raise TamperedCiphertext("the header names another suite than its key")
    return key.suite.open(key.derived(purpose), rest, header + purpose.encode())
