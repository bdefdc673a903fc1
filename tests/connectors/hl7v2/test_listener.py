"""The listener on a real socket: stored before acknowledged, and the same answer for the same message."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from hub.errors import Unavailable
from institution_connectors.adapters.hl7v2_mllp.listener import Listener, Manners
from institution_connectors.adapters.hl7v2_mllp.message import Message
from institution_connectors.adapters.hl7v2_mllp.parser import parse, parse_text, split
from institution_connectors.adapters.hl7v2_mllp.receiver import Door, Receiver
from institution_connectors.contracts import MalformedMessage
from tests.connectors.hl7v2.scripted import receive

MSH = "MSH|^~\\&|HIS^3|H07|HUB|JA|20260105081531|{key}|ADT^A04^ADT_A01|{number}|P|2.4|||{modes}|CHN|{charset}"


def message(number: str = "C1", *, key: str = "k3y", modes: str = "|", charset: str = "", rest: str = "") -> str:
    return MSH.format(key=key, number=number, modes=modes, charset=charset) + "\r" + rest


@dataclass
class Inbox:
    """What was stored, and what storing shall come to."""

    kept: list[bytes] = field(default_factory=list)
    refused: list[tuple[bytes, str]] = field(default_factory=list)
    failure: Exception | None = None

    def store(self, body: bytes, peer: str) -> None:
        assert peer == "127.0.0.1"
        if self.failure is not None:
            raise self.failure
        if body not in self.kept:
            self.kept.append(body)

    def refuse(self, body: bytes, reason: str, peer: str) -> None:
        self.refused.append((body, reason))


@contextmanager
def listening(
    inbox: Inbox, *, charset: str = "utf-8", always_original: bool = False, **manners: float
) -> Iterator[Callable[[], socket.socket]]:
    door = Door(
        hospital="alpha",
        charset=charset,
        key="k3y",
        store=inbox.store,
        refused=inbox.refuse,
        always_original=always_original,
    )
    receiver = Receiver(lambda facility: door if facility == "H07" else None)
    listener = Listener(Manners(host="127.0.0.1", port=0, **manners), receiver.answer)  # type: ignore[arg-type]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(listener.start(), loop).result(5)
    sockets: list[socket.socket] = []

    def connect() -> socket.socket:
        sockets.append(socket.create_connection(("127.0.0.1", listener.port), timeout=5))
        return sockets[-1]

    try:
        yield connect
    finally:
        for connected in sockets:
            connected.close()
        asyncio.run_coroutine_threadsafe(listener.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def exchange(connected: socket.socket, body: str | bytes, charset: str = "utf-8") -> Message:
    raw = body.encode(charset) if isinstance(body, str) else body
    connected.sendall(b"\x0b" + raw + b"\x1c\r")
    return parse(receive(connected)[1:-2], charset=charset)


def codes(answer: Message) -> tuple[str, str]:
    acknowledged = answer.require("MSA")
    return acknowledged.component(1), acknowledged.component(2)


def test_a_message_is_stored_then_acknowledged() -> None:
    inbox = Inbox()
    with listening(inbox) as connect:
        answer = exchange(connect(), message(rest="PID|1||7^^^H07^MR||张三\rZPY|1\r"))
    assert codes(answer) == ("AA", "C1")
    assert answer.type == "ACK^A04"
    assert answer.header.field(5) == "HIS^3", "the names of the sender come back component by component"
    assert answer.header.text(6) == "H07"
    (kept,) = inbox.kept
    assert "张三" in kept.decode()
    assert kept.decode().endswith("ZPY|1\r")
    assert b"k3y" not in kept, "the agreed key must not reach the message store"


def test_partial_and_glued_blocks_are_answered_in_order() -> None:
    with listening(Inbox()) as connect:
        connected = connect()
        stream = b"".join(b"\x0b" + message(number).encode() + b"\x1c\r" for number in ("C1", "C2", "C3"))
        for position in range(0, len(stream), 7):
            connected.sendall(stream[position : position + 7])
        received = b""
        while received.count(b"\x1c\r") < 3:
            received += connected.recv(65536)
        answers = [parse(part.strip(b"\x0b")) for part in received.split(b"\x1c\r") if part]
    assert [codes(answer) for answer in answers] == [("AA", "C1"), ("AA", "C2"), ("AA", "C3")]


def test_the_same_message_gets_the_same_acknowledgement() -> None:
    inbox = Inbox()
    with listening(inbox) as connect:
        connected = connect()
        first, second = exchange(connected, message()), exchange(connected, message())
    assert [part.raw for part in first.segments[1:]] == [part.raw for part in second.segments[1:]]
    assert first.control_id == second.control_id
    assert len(inbox.kept) == 1


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (message(key="other"), "AR", "MSH-8: the agreed key is expected"),
        (message(rest="pid|1\r"), "AR", "segment 2: 'pid' is not a segment name"),
        (message().replace("|H07|", "|H99|"), "AR", "MSH-4: unknown facility"),
        (message().replace("ADT^A04^ADT_A01", "ADT"), "AR", "MSH-9.2: a trigger event"),
    ],
)
def test_what_can_never_be_taken_is_rejected_with_its_place(body: str, code: str, text: str) -> None:
    inbox = Inbox()
    with listening(inbox) as connect:
        answer = exchange(connect(), body)
    assert codes(answer) == (code, "C1")
    assert answer.require("MSA").text(3).startswith(text)
    assert answer.require("ERR").text(2)
    assert not inbox.kept


def test_a_rejected_message_is_kept_for_its_sender_but_strangers_fill_no_books() -> None:
    inbox = Inbox()
    with listening(inbox) as connect:
        connected = connect()
        for body in (message(rest="pid|1\r"), message(key="other"), message().replace("|H07|", "|H99|")):
            exchange(connected, body)
    ((kept, reason),) = inbox.refused
    assert reason == "segment 2: 'pid' is not a segment name"
    assert b"k3y" not in kept


def test_bytes_of_another_charset_are_rejected_not_stored() -> None:
    inbox = Inbox()
    with listening(inbox) as connect:
        answer = exchange(connect(), message(rest="PID|1||7||张三\r").encode("gb18030"))
    assert codes(answer) == ("AR", "C1")
    assert not inbox.kept


def test_a_silent_sender_is_read_and_answered_in_the_charset_of_its_profile() -> None:
    inbox = Inbox()
    with listening(inbox, charset="gb18030") as connect:
        answer = exchange(connect(), message(rest="PID|1||7||张三\r"), charset="gb18030")
    assert codes(answer) == ("AA", "C1")
    assert answer.header.component(18) == "GB 18030-2000"
    assert "张三" in inbox.kept[0].decode("gb18030")


@pytest.mark.parametrize(
    ("failure", "code"),
    [(Unavailable(), "AE"), (RuntimeError("disk full"), "AE"), (MalformedMessage("SCH-2: required"), "AR")],
)
def test_a_failed_store_is_never_acknowledged_as_taken(failure: Exception, code: str) -> None:
    inbox = Inbox(failure=failure)
    with listening(inbox) as connect:
        connected = connect()
        assert codes(exchange(connected, message())) == (code, "C1")
        inbox.failure = None
        assert codes(exchange(connected, message())) == ("AA", "C1")


def test_enhanced_mode_is_answered_as_msh_15_and_16_ask() -> None:
    with listening(Inbox()) as connect:
        connected = connect()
        assert codes(exchange(connected, message(modes="AL|NE"))) == ("CA", "C1")
        assert codes(exchange(connected, message(modes="NE|AL"))) == ("AA", "C1")
        connected.sendall(b"\x0b" + message("C2", modes="AL|AL").encode() + b"\x1c\r")
        received = b""
        while received.count(b"\x1c\r") < 2:
            received += connected.recv(65536)
        assert b"MSA|CA|C2" in received.split(b"\x1c\r")[0]
        assert b"MSA|AA|C2" in received.split(b"\x1c\r")[1]
        assert codes(exchange(connected, message("C3", modes="AL|NE", rest="pid|\r"))) == ("AR", "C3")
    with listening(Inbox(), always_original=True) as connect:
        assert codes(exchange(connect(), message(modes="AL|NE"))) == ("AA", "C1")


def test_a_batch_gets_a_batch_of_acknowledgements() -> None:
    inbox = Inbox()
    batch = "BHS|^~\\&|HIS|H07\r" + message("C1", rest="PID|1\r") + message("C2", key="wrong") + "BTS|2\r"
    with listening(inbox) as connect:
        connected = connect()
        connected.sendall(b"\x0b" + batch.encode() + b"\x1c\r")
        found = split(receive(connected)[1:-2])
    answers = [codes(parse_text(text, found.decoded)) for text in found.texts]
    assert answers == [("AA", "C1"), ("AR", "C2")]
    assert len(inbox.kept) == 1


def test_heartbeats_are_returned_and_strangers_dropped() -> None:
    with listening(Inbox()) as connect:
        connected = connect()
        connected.sendall(b"\x0b\x1c\r")
        assert receive(connected) == b"\x0b\x1c\r"
        connected.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connected.recv(10) == b""


def test_a_sender_that_stops_in_the_middle_is_dropped_and_others_are_served() -> None:
    with listening(Inbox(), block_timeout=0.3) as connect:
        stuck, fine = connect(), connect()
        stuck.sendall(b"\x0bMSH|^~\\&|HIS")
        assert codes(exchange(fine, message())) == ("AA", "C1")
        assert stuck.recv(10) == b""


def test_an_endless_block_is_dropped() -> None:
    with listening(Inbox(), max_message=1000) as connect:
        connected = connect()
        connected.sendall(b"\x0b" + b"A" * 5000)
        assert connected.recv(10) == b""
