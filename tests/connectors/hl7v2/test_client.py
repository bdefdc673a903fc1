"""The client against servers that cut, hang, mumble and repeat themselves."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from institution_connectors.adapters.hl7v2_mllp.client import Endpoint, Pool
from institution_connectors.adapters.hl7v2_mllp.errors import AnswerLost, NotDelivered
from institution_connectors.adapters.hl7v2_mllp.writer import header, message
from institution_connectors.contracts import Reason
from tests.connectors.hl7v2.scripted import Conversation, ack, control_id, receive, server


def asked(number: str) -> bytes:
    head = header({3: "HUB", 4: "JA", 9: ["ADT", "A04"], 10: number, 11: "P", 12: "2.4"})
    return message([head], charset="utf-8")


def ask(pool: Pool, number: str = "C1", *, timeout: float = 1.0, application: bool = False) -> str:
    received = pool.ask(asked(number), number, timeout=timeout, application_answer=application)
    return received.message.require("MSA").component(1)


def polite(connected: socket.socket) -> None:
    while data := receive(connected):
        connected.sendall(ack("AA", control_id(data)))


def test_messages_share_a_kept_connection() -> None:
    opened = []

    def counted(connected: socket.socket) -> None:
        opened.append(connected)
        polite(connected)

    with server(counted) as port:
        pool = Pool(Endpoint("127.0.0.1", port, connections=1))
        assert [ask(pool, f"C{number}") for number in range(5)] == ["AA"] * 5
        pool.close()
    assert len(opened) == 1


def test_one_message_at_a_time_on_a_connection() -> None:
    under_way, most = 0, 0
    lock = threading.Lock()

    def watching(connected: socket.socket) -> None:
        nonlocal under_way, most
        while data := receive(connected):
            assert data.count(b"\x0b") == 1
            with lock:
                under_way += 1
                most = max(most, under_way)
            time.sleep(0.02)
            with lock:
                under_way -= 1
            connected.sendall(ack("AA", control_id(data)))

    with server(watching) as port, ThreadPoolExecutor(12) as threads:
        pool = Pool(Endpoint("127.0.0.1", port, connections=3))
        answers = list(threads.map(lambda number: ask(pool, f"C{number}", timeout=5), range(24)))
        pool.close()
    assert answers == ["AA"] * 24
    assert most == 3


def test_a_refused_connection_is_certainly_not_delivered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(NotDelivered):
        ask(Pool(Endpoint("127.0.0.1", port)))


def test_too_many_callers_are_turned_away_undelivered() -> None:
    with server(lambda connected: time.sleep(2)) as port, ThreadPoolExecutor(2) as threads:
        pool = Pool(Endpoint("127.0.0.1", port, connections=1))
        first = threads.submit(ask, pool, "C1", timeout=1.0)
        time.sleep(0.1)
        with pytest.raises(NotDelivered, match="busy"):
            ask(pool, "C2", timeout=0.2)
        with pytest.raises(AnswerLost):
            first.result()


def _cut(connected: socket.socket) -> None:
    receive(connected)
    connected.close()


def _silent(connected: socket.socket) -> None:
    receive(connected)
    time.sleep(3)


def _dripping(connected: socket.socket) -> None:
    for byte in ack("AA", control_id(receive(connected))):
        connected.sendall(bytes((byte,)))
        time.sleep(0.1)


def _no_mllp(connected: socket.socket) -> None:
    receive(connected)
    connected.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _no_hl7(connected: socket.socket) -> None:
    receive(connected)
    connected.sendall(b"\x0bsorry\r\x1c\r")


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        (_cut, Reason.CONNECTION_LOST),
        (_silent, Reason.TIME_OUT),
        (_dripping, Reason.TIME_OUT),
        (_no_mllp, Reason.UNREADABLE),
        (_no_hl7, Reason.UNREADABLE),
    ],
)
def test_after_the_first_byte_the_outcome_is_unknown_and_the_connection_is_dropped(
    conversation: Conversation, reason: Reason
) -> None:
    with server(conversation, polite) as port:
        pool = Pool(Endpoint("127.0.0.1", port, connections=1))
        with pytest.raises(AnswerLost) as caught:
            ask(pool, timeout=0.5)
        assert caught.value.reason is reason
        assert ask(pool, "C2") == "AA"
        pool.close()


def test_a_late_answer_is_never_taken_for_the_next_message() -> None:
    def late(connected: socket.socket) -> None:
        first = control_id(receive(connected))
        time.sleep(0.4)
        connected.sendall(ack("AA", first))
        polite(connected)

    def refusing(connected: socket.socket) -> None:
        connected.sendall(ack("AR", control_id(receive(connected))))

    with server(late, refusing) as port:
        pool = Pool(Endpoint("127.0.0.1", port, connections=1))
        with pytest.raises(AnswerLost):
            ask(pool, "C1", timeout=0.2)
        assert ask(pool, "C2", timeout=2) == "AR"
        pool.close()


def test_an_answer_sent_twice_does_not_shift_the_following_ones() -> None:
    def twice(connected: socket.socket) -> None:
        while data := receive(connected):
            code = "AA" if control_id(data) == "C1" else "AR"
            connected.sendall(ack(code, control_id(data)) * 2)

    with server(twice) as port:
        pool = Pool(Endpoint("127.0.0.1", port, connections=1))
        assert [ask(pool, number) for number in ("C1", "C2", "C1")] == ["AA", "AR", "AA"]
        pool.close()


def test_a_connection_the_other_side_ended_is_replaced_before_sending() -> None:
    def once(connected: socket.socket) -> None:
        connected.sendall(ack("AA", control_id(receive(connected))))
        connected.close()

    with server(once) as port:
        pool = Pool(Endpoint("127.0.0.1", port, connections=1))
        for number in range(3):
            assert ask(pool, f"C{number}") == "AA"
            time.sleep(0.05)
        pool.close()


def test_commit_accept_is_waited_through_for_the_application_answer() -> None:
    def enhanced(connected: socket.socket) -> None:
        number = control_id(receive(connected))
        connected.sendall(ack("CA", number))
        time.sleep(0.1)
        connected.sendall(ack("AE", number, "系统繁忙"))

    with server(enhanced) as port:
        assert ask(Pool(Endpoint("127.0.0.1", port)), application=True) == "AE"
        assert ask(Pool(Endpoint("127.0.0.1", port)), application=False) == "CA"


def test_mllp_2_commit_bytes_are_followed() -> None:
    def first_nak(connected: socket.socket) -> None:
        receive(connected)
        connected.sendall(b"\x0b\x15\x1c\r")
        number = control_id(receive(connected))
        connected.sendall(b"\x0b\x06\x1c\r" + ack("AA", number))

    def always_nak(connected: socket.socket) -> None:
        while receive(connected):
            connected.sendall(b"\x0b\x15\x1c\r")

    with server(first_nak, always_nak) as port:
        pool = Pool(Endpoint("127.0.0.1", port, connections=1, commit_bytes=True))
        assert ask(pool) == "AA"
        pool.close()
        with pytest.raises(NotDelivered, match="NAK"):
            ask(pool)


def test_an_idle_connection_is_tried_by_heartbeat_or_given_up() -> None:
    opened = []

    def with_heartbeat(connected: socket.socket) -> None:
        opened.append(connected)
        while data := receive(connected):
            connected.sendall(data if data == b"\x0b\x1c\r" else ack("AA", control_id(data)))

    with server(with_heartbeat) as port:
        pool = Pool(Endpoint("127.0.0.1", port, connections=1, idle_limit=0.05, heartbeat=True))
        for number in range(3):
            assert ask(pool, f"C{number}") == "AA"
            time.sleep(0.1)
        pool.close()
        assert len(opened) == 1
        pool = Pool(Endpoint("127.0.0.1", port, connections=1, idle_limit=0.05))
        for number in range(2):
            assert ask(pool, f"C{number}") == "AA"
            time.sleep(0.1)
        pool.close()
        assert len(opened) == 3
