"""One hospital's SOAP service over HTTP, with an honest account of what failed."""

from __future__ import annotations

import time

import httpx

from hub import clock
from institution_connectors.adapters.soap_xml.document import MAX_BYTES, Node
from institution_connectors.adapters.soap_xml.envelope import Fault, Style, unwrap, wrap
from institution_connectors.adapters.soap_xml.errors import CallFailed, Unreadable, unreadable
from institution_connectors.charsets import CharsetError
from institution_connectors.contracts import Answer, Call, Direction, Reason, Wire


class SoapClient:
    """Posts envelopes; thread-safe, with a connection pool of its own (F8)."""

    def __init__(self, endpoint: str, style: Style, *, connections: int) -> None:
        self._endpoint = endpoint
        self._style = style
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._http = httpx.Client(limits=limits, trust_env=False, follow_redirects=False)

    def invoke(self, inner: str, call: Call, *, stored: str) -> Node:
        """The inner answer to `inner`; `stored` is what the message store may keep of it. Raises `CallFailed`."""
        try:
            body, kept = wrap(inner, self._style), wrap(stored, self._style)
        except CharsetError as problem:
            raise CallFailed(Answer.rejected(Reason.NOT_CARRIED, text=str(problem), sent=False)) from problem
        content_type = f"text/xml; charset={self._style.declared}"
        call.record(Wire(direction=Direction.SENT, at=clock.now(), body=kept, content_type=content_type))
        status, answer, received_type = self._post(body, content_type, call)
        call.record(
            Wire(
                direction=Direction.RECEIVED,
                at=clock.now(),
                body=answer,
                content_type=received_type,
                head={"status": str(status)},
            )
        )
        return self._read(status, answer, received_type)

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def _post(self, body: bytes, content_type: str, call: Call) -> tuple[int, bytes, str]:
        headers = {"Content-Type": content_type, "SOAPAction": self._style.action, "X-Trace-Id": call.trace_id}
        timeout = httpx.Timeout(call.timeouts.read, connect=call.timeouts.connect, pool=call.timeouts.connect)
        try:
            with self._http.stream("POST", self._endpoint, content=body, headers=headers, timeout=timeout) as response:
                body = _received(response, time.monotonic() + call.timeouts.read)
                return response.status_code, body, response.headers.get("Content-Type", "")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as problem:
            raise CallFailed(Answer.rejected(Reason.UNREACHABLE, text=_short(problem), sent=False)) from problem
        except httpx.TimeoutException as problem:
            raise CallFailed(Answer.unknown(Reason.TIME_OUT, text=_short(problem))) from problem
        except (httpx.HTTPError, Unreadable) as problem:
            raise CallFailed(Answer.unknown(Reason.CONNECTION_LOST, text=_short(problem))) from problem

    def _read(self, status: int, answer: bytes, content_type: str) -> Node:
        if status in (401, 403):
            raise CallFailed(Answer.rejected(Reason.NOT_AUTHORISED, text=f"HTTP {status}", code=str(status)))
        if status in (429, 503):
            raise CallFailed(Answer.rejected(Reason.BUSY, text=f"HTTP {status}", code=str(status)))
        try:
            found = unwrap(answer, transport=_charset(content_type), configured=self._style.charset)
        except (Unreadable, CharsetError) as problem:
            raise unreadable(problem) from problem
        if isinstance(found, Fault):
            raise CallFailed(_of_fault(found))
        return found


def _of_fault(fault: Fault) -> Answer:
    """`Client`: the service refused to begin. Anything else may have happened halfway."""
    if fault.client:
        return Answer.rejected(Reason.REFUSED, text=fault.text, code=fault.code)
    return Answer.unknown(Reason.UNREADABLE, text=fault.text, code=fault.code)


def _received(response: httpx.Response, deadline: float) -> bytes:
    """The whole body; the time-out of httpx is per piece, so a dripping answer is ended here."""
    received = bytearray()
    for chunk in response.iter_bytes():
        received += chunk
        if len(received) > MAX_BYTES:
            raise Unreadable(f"the answer is larger than {MAX_BYTES} bytes")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer did not end in time")
    return bytes(received)


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip()
    return ""


def _short(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"[:300]
