"""A TCP server that answers as a test tells it, for what a decent sandbox would not do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Conversation = Callable[[socket.socket], None]


@contextmanager
def server(*conversations: Conversation) -> Iterator[int]:
    """A port whose first connection is served by the first conversation, and so on; the last one serves the rest."""
    listening = socket.create_server(("127.0.0.1", 0))
    sockets: list[socket.socket] = []

    def accept() -> None:
        number = 0
        while True:
            try:
                connected, _ = listening.accept()
            except OSError:
                return
            sockets.append(connected)
            conversation = conversations[min(number, len(conversations) - 1)]
            number += 1
            threading.Thread(target=_served, args=(conversation, connected), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connected in sockets:
            with suppress(OSError):
                connected.close()
        thread.join(2)


def receive(connected: socket.socket) -> bytes:
    """The bytes up to and with the next end of a block; b"" when the connection ended."""
    data = b""
    while not data.endswith(b"\x1c\r"):
        piece = connected.recv(65536)
        if not piece:
            return b""
        data += piece
    return data


def control_id(message: bytes) -> str:
    """MSH-10."""
    return message.split(b"\r")[0].split(b"|")[9].decode()


def ack(code: str, number: str, text: str = "") -> bytes:
    """A block with an acknowledgement."""
    return f"\x0bMSH|^~\\&|HIS|H07|HUB|JA|20260105081531||ACK|A1|P|2.4\rMSA|{code}|{number}|{text}\r\x1c\r".encode()


def _served(conversation: Conversation, connected: socket.socket) -> None:
    with suppress(OSError):
        conversation(connected)
