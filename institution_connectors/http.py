"""HTTP to one hospital, with an honest account of what failed: certainly not sent, or perhaps done."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import httpx

from hub.outgoing import http as outgoing
from institution_connectors.contracts import Answer, Reason, Timeouts

_ALWAYS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "health-district-hub"}
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class CallFailed(Exception):
    """The call ended without a usable answer; `answer` is what that means to the hub."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.outcome} {answer.reason}: {answer.text}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Received:
    """A complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """As the hospital labelled it."""
        return self.headers.get("content-type", "")

    @property
    def charset(self) -> str:
        """The character set of the label, empty if it names none."""
        for part in self.content_type.split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                return value.strip()
        return ""


class HospitalHttp:
    """Asks one hospital; thread-safe, with a connection pool of its own (F8)."""

    def __init__(self, *, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=20.0)
        self._transport = outgoing.GuardedTransport(limits)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeouts: Timeouts) -> Received:
        """The answer to a POST, whatever its status; raises `CallFailed` when there is none."""
        return self.send("POST", url, body, headers, timeouts)

    def send(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeouts: Timeouts
    ) -> Received:
        """The answer, whatever its status; raises `CallFailed` when there is none."""
        timeout = httpx.Timeout(timeouts.read, connect=timeouts.connect, pool=timeouts.connect).as_dict()
        deadline = time.monotonic() + timeouts.read
        try:
            # Not through httpx.Client: a hospital's system is sent no cookies and followed nowhere, and what the client
            # does for that costs a quarter of the call.
            request = httpx.Request(
                method, url, content=body, headers={**_ALWAYS, **headers}, extensions={"timeout": timeout}
            )
            with closing(self._transport.handle_request(request)) as response:
                return Received(response.status_code, dict(response.headers), _whole(response, deadline))
        except _NOT_SENT as problem:
            raise CallFailed(Answer.rejected(Reason.UNREACHABLE, text=_short(problem), sent=False)) from problem
        except httpx.TimeoutException as problem:
            raise CallFailed(Answer.unknown(Reason.TIME_OUT, text=_short(problem))) from problem
        except httpx.HTTPError as problem:
            raise CallFailed(Answer.unknown(Reason.CONNECTION_LOST, text=_short(problem))) from problem

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()


def _whole(response: httpx.Response, deadline: float) -> bytes:
    """The whole body, of a size `outgoing` sees to; httpx's time-out is per piece, so a dripping answer ends here."""
    received = bytearray()
    for chunk in response.iter_bytes():
        received += chunk
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer did not end in time")
    return bytes(received)


def _short(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"[:300]
