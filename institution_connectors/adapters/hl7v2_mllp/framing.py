"""MLLP blocks in a byte stream: 0x0B message 0x1C 0x0D, in whatever pieces TCP delivers them."""

from __future__ import annotations

from collections.abc import Iterator

from institution_connectors.adapters.hl7v2_mllp.errors import FramingError

START = 0x0B
END = 0x1C
CR = 0x0D
LF = 0x0A
HEARTBEAT = bytes((START, END, CR))
COMMIT_ACK = b"\x06"
COMMIT_NAK = b"\x15"
MAX_MESSAGE = 4 * 1024 * 1024


def block(message: bytes) -> bytes:
    """`message` as one block. A block mark inside would split it at the receiver, so it is refused."""
    if START in message or END in message:
        raise FramingError("the message contains an MLLP block mark (0x0B or 0x1C)")
    return bytes((START,)) + message + bytes((END, CR))


class BlockReader:
    """Collects received bytes and hands out whole messages.

    Partial blocks wait for more bytes, glued ones come out one by one, empty blocks (heartbeats) come out as b"".
    A start mark inside a block means the sender began anew: the unfinished block is dropped and counted, its sender
    gets no acknowledgement and sends again. CR and LF between blocks are tolerated; anything else there, an end mark
    without its CR, or a block over the limit raise FramingError.
    """

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0
        self.discarded = 0

    @property
    def inside_block(self) -> bool:
        """Whether a block has begun and its end is still missing."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> None:
        """Append what was received."""
        self._buffer += data

    def messages(self) -> Iterator[bytes]:
        """Every whole message received so far, in order."""
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> bytes | None:
        self._skip_to_start()
        if not self._buffer:
            return None
        end = self._buffer.find(END, max(1, self._scanned))
        again = self._buffer.rfind(START, 1, end if end >= 0 else len(self._buffer))
        if again > 0:
            self.discarded += 1
            del self._buffer[:again]
            end = end - again if end >= 0 else -1
        if (end if end >= 0 else len(self._buffer)) - 1 > self._limit:
            raise FramingError(f"a block is larger than {self._limit} bytes")
        if end < 0 or end + 1 >= len(self._buffer):
            self._scanned = len(self._buffer) if end < 0 else end
            return None
        if self._buffer[end + 1] != CR:
            raise FramingError(f"end mark 0x1C followed by 0x{self._buffer[end + 1]:02X} instead of 0x0D")
        message = bytes(self._buffer[1:end])
        del self._buffer[: end + 2]
        self._scanned = 0
        return message

    def _skip_to_start(self) -> None:
        skip = 0
        while skip < len(self._buffer) and self._buffer[skip] in (CR, LF):
            skip += 1
        del self._buffer[:skip]
        if self._buffer and self._buffer[0] != START:
            raise FramingError(f"byte 0x{self._buffer[0]:02X} outside a block")
