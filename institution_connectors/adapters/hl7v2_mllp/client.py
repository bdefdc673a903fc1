"""Asking a HIS over MLLP: kept connections, one outstanding message on each, and an honest account of what failed.

Before any byte has left, a failure is `NotDelivered` and asking again is safe. From the first byte on it is
`AnswerLost`: the connection is thrown away, so that a late answer can never be taken for the next message's.
"""

from __future__ import annotations

import contextlib
import random
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from hub.outgoing import policy
from institution_connectors.adapters.hl7v2_mllp.errors import AnswerLost, FramingError, MessageRefused, NotDelivered
from institution_connectors.adapters.hl7v2_mllp.framing import COMMIT_ACK, COMMIT_NAK, HEARTBEAT, BlockReader, block
from institution_connectors.adapters.hl7v2_mllp.message import Message
from institution_connectors.adapters.hl7v2_mllp.parser import parse
from institution_connectors.contracts import Reason

_CHUNK = 65536
_COMMIT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a HIS listens and how patient we are. Times are seconds."""

    host: str
    port: int
    charset: str = "utf-8"
    tls: ssl.SSLContext | None = None
    connections: int = 4
    connect_timeout: float = 2.0
    connect_attempts: int = 2
    idle_limit: float = 60.0
    heartbeat: bool = False
    commit_bytes: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came and as it reads."""

    raw: bytes
    message: Message


class Connection:
    """One TCP connection; `ask` may be called by one thread at a time (the pool sees to that)."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._socket: socket.socket | None = None
        self._reader = BlockReader()
        self._used_at = 0.0

    def ask(self, message: bytes, control_id: str, *, timeout: float, application_answer: bool) -> Received:
        """Send and wait for the answer to `control_id`; after CA go on waiting if an application answer is due."""
        payload = block(message)
        deadline = time.monotonic() + timeout
        connected = self._ready(deadline)
        try:
            for _ in range(_COMMIT_ATTEMPTS):
                connected.settimeout(_left(deadline))
                connected.sendall(payload)
                answer = self._await(connected, control_id, deadline, application_answer)
                if answer is not None:
                    self._used_at = time.monotonic()
                    return answer
        except AnswerLost:
            raise
        except TimeoutError as problem:
            self.close()
            raise AnswerLost(f"no answer to {control_id} in time", Reason.TIME_OUT) from problem
        except OSError as problem:
            self.close()
            raise AnswerLost(f"no answer to {control_id}: {problem}", Reason.CONNECTION_LOST) from problem
        except FramingError as problem:
            self.close()
            raise AnswerLost(f"the answer to {control_id} is no MLLP: {problem}", Reason.UNREADABLE) from problem
        self.close()
        raise NotDelivered(f"the receiver did not commit {control_id} (MLLP NAK)")

    def close(self) -> None:
        """Drop the connection; the next message opens another."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket = None
        self._reader = BlockReader()

    def _ready(self, deadline: float) -> socket.socket:
        if self._socket is not None and not self._still_good(self._socket):
            self.close()
        if self._socket is None:
            self._socket = self._connect(deadline)
        return self._socket

    def _still_good(self, connected: socket.socket) -> bool:
        """A kept connection is given up when idle too long or ended by the other side; leftovers on it are dropped."""
        if time.monotonic() - self._used_at > self._endpoint.idle_limit and not self._answers_heartbeat(connected):
            return False
        try:
            while select.select([connected], [], [], 0)[0]:
                if not connected.recv(_CHUNK):
                    return False
        except OSError:
            return False
        self._reader = BlockReader()
        return True

    def _answers_heartbeat(self, connected: socket.socket) -> bool:
        """Whether the other side returns an empty block; where heartbeats are not agreed, idle means gone."""
        if not self._endpoint.heartbeat:
            return False
        try:
            connected.settimeout(self._endpoint.connect_timeout)
            connected.sendall(HEARTBEAT)
            return bool(connected.recv(_CHUNK))
        except OSError:
            return False

    def _connect(self, deadline: float) -> socket.socket:
        endpoint = self._endpoint
        problem: OSError | None = None
        for attempt in range(endpoint.connect_attempts):
            if attempt:
                time.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - jitter, so that a restarted HIS is not stormed
            try:
                timeout = min(endpoint.connect_timeout, _left(deadline))
                raw = _kept_alive(policy.connect(endpoint.host, endpoint.port, timeout=timeout))
                return endpoint.tls.wrap_socket(raw, server_hostname=endpoint.host) if endpoint.tls else raw
            except OSError as failure:
                problem = failure
        raise NotDelivered(f"no connection to {endpoint.host}:{endpoint.port}: {problem}") from problem

    def _await(
        self, connected: socket.socket, control_id: str, deadline: float, application_answer: bool
    ) -> Received | None:
        """The answer, or None when the receiver's MLLP layer asks to send again (commit byte NAK)."""
        while True:
            for received in self._reader.messages():
                if received == COMMIT_NAK and self._endpoint.commit_bytes:
                    return None
                if received in (b"", COMMIT_ACK):
                    continue
                answer = self._parsed(received, control_id)
                if _answers(answer, control_id, application_answer):
                    return Received(received, answer)
            connected.settimeout(_left(deadline))
            data = connected.recv(_CHUNK)
            if not data:
                raise ConnectionResetError("the other side closed the connection")
            self._reader.feed(data)

    def _parsed(self, received: bytes, control_id: str) -> Message:
        try:
            return parse(received, charset=self._endpoint.charset)
        except MessageRefused as problem:
            self.close()
            text = f"the answer to {control_id} can't be read: {problem}"
            raise AnswerLost(text, Reason.UNREADABLE, received) from problem


class Pool:
    """The connections to one endpoint: as many messages are under way as there are connections, the rest wait."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._idle: list[Connection] = [Connection(endpoint) for _ in range(endpoint.connections)]
        self._free = threading.Semaphore(endpoint.connections)
        self._lock = threading.Lock()
        self._closed = False

    def ask(self, message: bytes, control_id: str, *, timeout: float, application_answer: bool = False) -> Received:
        """`Connection.ask` on whichever connection is free; waiting for one counts towards `timeout`."""
        started = time.monotonic()
        if not self._free.acquire(timeout=timeout):
            raise NotDelivered("every connection to this hospital is busy")
        with self._lock:
            connection = self._idle.pop()
        try:
            left = timeout - (time.monotonic() - started)
            return connection.ask(message, control_id, timeout=left, application_answer=application_answer)
        finally:
            with self._lock:
                if self._closed:
                    connection.close()
                self._idle.append(connection)
            self._free.release()

    def close(self) -> None:
        """Close the connections: idle ones now, those in use when their answer is here."""
        with self._lock:
            self._closed = True
            for connection in self._idle:
                connection.close()


def _answers(answer: Message, control_id: str, application_answer: bool) -> bool:
    """Duplicates and late answers to earlier messages are passed over; so is CA while an application answer is due."""
    acknowledgement = answer.first("MSA")
    if acknowledgement is None or acknowledgement.component(2) != control_id:
        return False
    return not (application_answer and acknowledgement.component(1) == "CA")


def _kept_alive(connected: socket.socket) -> socket.socket:
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for option, seconds in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)
    return connected


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time for this message is over")
    return left
