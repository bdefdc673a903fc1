"""Client-side encryption of object bodies, in chunks, so that a large object never lies in memory whole.

Each object has a data key of its own. A chunk is bound to the object's key, its place and whether it is the last one:
chunks can't be exchanged, repeated, dropped at the end or moved to another object.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import BinaryIO

from hub.security.ciphers import NONCE_BYTES, TAG_BYTES, Suite, TamperedCiphertext
from hub.storage.errors import ObjectDamaged

CHUNK_BYTES = 1 << 20
_SEALED_CHUNK_BYTES = CHUNK_BYTES + NONCE_BYTES + TAG_BYTES


def _associated(object_key: str, index: int, last: bool) -> bytes:
    return f"{object_key}|{index}|{'last' if last else 'more'}".encode()


class SealingReader(io.RawIOBase):
    """Reads plain bytes and gives sealed ones; afterwards knows the size and digest of what it has read."""

    def __init__(self, source: BinaryIO, suite: Suite, key: bytes, object_key: str) -> None:
        self.size = 0
        self._digest = hashlib.sha256()
        self._chunks = self._seal(source, suite, key, object_key)
        self._rest = b""

    @property
    def sha256(self) -> str:
        """The digest of the plain bytes."""
        return self._digest.hexdigest()

    def readable(self) -> bool:
        """It is a source."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next `size` sealed bytes; fewer only at the end."""
        parts = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            have += len(chunk)
        whole = b"".join(parts)
        cut = have if size < 0 else min(size, have)
        self._rest = whole[cut:]
        return whole[:cut]

    def _seal(self, source: BinaryIO, suite: Suite, key: bytes, object_key: str) -> Iterator[bytes]:
        index, chunk = 0, source.read(CHUNK_BYTES)
        while True:
            following = source.read(CHUNK_BYTES) if chunk else b""
            self.size += len(chunk)
            self._digest.update(chunk)
            yield suite.seal(key, chunk, _associated(object_key, index, not following))
            if not following:
                return
            index, chunk = index + 1, following


def opened(source: BinaryIO, suite: Suite, key: bytes, object_key: str) -> Iterator[bytes]:
    """The plain chunks of a sealed body; ObjectDamaged at the first one that was altered."""
    index, sealed = 0, source.read(_SEALED_CHUNK_BYTES)
    while True:
        following = source.read(_SEALED_CHUNK_BYTES)
        try:
            yield suite.open(key, sealed, _associated(object_key, index, not following))
        except TamperedCiphertext as problem:
            raise ObjectDamaged(detail={"key": object_key}) from problem
        if not following:
            return
        index, sealed = index + 1, following
