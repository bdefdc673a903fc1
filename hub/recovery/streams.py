"""A sequence of pieces read like a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any


class Pieces(io.RawIOBase):
    """Reads an iterator of bytes; never holds more than one piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        """It is a source."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the next pieces go; 0 at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
