"""A file for somebody outside, sealed under a key he is given by another way.

One file: the line `HDHP1`, a line of JSON (the header), then chunks sealed with AES-256-GCM. A chunk is 1 MiB of plain
bytes (the last one less) and its tag of 16 bytes; its nonce is the header's `nonce` (7 bytes), the chunk's number
(4 bytes, big-endian) and 1 for the last chunk, else 0; associated data is the SHA-256 of the header's line. So chunks
can't be dropped, exchanged or repeated, and whoever has Python and the package `cryptography` can open it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
from collections.abc import Mapping
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"HDHP1\n"
CHUNK_BYTES = 1 << 20
KEY_BYTES = 32
_NONCE_BYTES = 7


def new_key() -> bytes:
    """A key for one parcel."""
    return secrets.token_bytes(KEY_BYTES)


def key_text(key: bytes) -> str:
    """The key as people copy it: base32 in groups of four."""
    plain = base64.b32encode(key).decode().rstrip("=")
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def fingerprint(key: bytes) -> str:
    """What tells two keys apart without saying anything of them: stands in the header."""
    return hashlib.sha256(b"HDHP1 key " + key).hexdigest()[:16]


class Sealer(io.RawIOBase):
    """Takes plain bytes and writes the sealed parcel to `target`; `close()` ends it (and leaves the target open)."""

    def __init__(self, target: BinaryIO, key: bytes, about: Mapping[str, Any]) -> None:
        self._target = target
        self._aead = AESGCM(key)
        self._prefix = secrets.token_bytes(_NONCE_BYTES)
        self._held = bytearray()
        self._number = 0
        header = {**about, "cipher": "AES-256-GCM", "nonce": self._prefix.hex(), "key": fingerprint(key)}
        line = json.dumps(header, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        self._bound = hashlib.sha256(line).digest()
        target.write(MAGIC + line)

    def writable(self) -> bool:
        """It is a target."""
        return True

    def write(self, data: Any) -> int:
        """Seal what fills whole chunks; a chunk is sealed only when more follows it, since the last one is marked."""
        self._held += data
        while len(self._held) > CHUNK_BYTES:
            self._seal(bytes(self._held[:CHUNK_BYTES]), last=False)
            del self._held[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Seal the rest as the last chunk."""
        if not self.closed:
            self._seal(bytes(self._held), last=True)
            self._held.clear()
        super().close()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        nonce = self._prefix + self._number.to_bytes(4, "big") + bytes([last])
        self._target.write(self._aead.encrypt(nonce, chunk, self._bound))
        self._number += 1
