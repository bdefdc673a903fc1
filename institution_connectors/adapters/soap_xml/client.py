"""One hospital's SOAP service: the envelope around a message, and what an HTTP answer without a usable one means."""

from __future__ import annotations

from hub import clock
from institution_connectors.adapters.soap_xml.document import Node
from institution_connectors.adapters.soap_xml.envelope import Fault, Style, unwrap, wrap
from institution_connectors.adapters.soap_xml.errors import Unreadable
from institution_connectors.charsets import CharsetError
from institution_connectors.contracts import Answer, Call, Direction, Reason, Wire
from institution_connectors.http import CallFailed, HospitalHttp, Received

_REFUSED = {
    401: Reason.NOT_AUTHORISED,
    403: Reason.NOT_AUTHORISED,
    429: Reason.BUSY,
    503: Reason.BUSY,
}


class SoapClient:
    """Posts envelopes; thread-safe."""

    def __init__(self, endpoint: str, style: Style, *, connections: int) -> None:
        self._endpoint = endpoint
        self._style = style
        self._http = HospitalHttp(connections=connections)

    def invoke(self, inner: str, call: Call, *, stored: str) -> Node:
        """The inner answer to `inner`; `stored` is what the message store may keep of it. Raises `CallFailed`."""
        body, kept = wrap(inner, self._style), wrap(stored, self._style)
        content_type = f"text/xml; charset={self._style.declared}"
        headers = {"Content-Type": content_type, "SOAPAction": self._style.action, "X-Trace-Id": call.trace_id}
        call.record(Wire(direction=Direction.SENT, at=clock.now(), body=kept, content_type=content_type))
        received = self._http.post(self._endpoint, body, headers, call.timeouts)
        call.record(
            Wire(
                direction=Direction.RECEIVED,
                at=clock.now(),
                body=received.body,
                content_type=received.content_type,
                head={"status": str(received.status)},
            )
        )
        return self._opened(received)

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def _opened(self, received: Received) -> Node:
        """A fault comes with status 500 (SOAP 1.1), so the body is looked at whatever the status."""
        if (reason := _REFUSED.get(received.status)) is not None:
            raise CallFailed(Answer.rejected(reason, text=f"HTTP {received.status}", code=str(received.status)))
        try:
            found = unwrap(received.body, transport=received.charset, configured=self._style.charset)
        except (Unreadable, CharsetError) as problem:
            text = f"HTTP {received.status}: {problem}"
            raise CallFailed(Answer.unknown(Reason.UNREADABLE, text=text)) from problem
        if isinstance(found, Fault):
            raise CallFailed(_of_fault(found))
        return found


def _of_fault(fault: Fault) -> Answer:
    """`Client`: the service refused to begin. Anything else may have happened halfway."""
    if fault.client:
        return Answer.rejected(Reason.REFUSED, text=fault.text, code=fault.code)
    return Answer.unknown(Reason.UNREADABLE, text=fault.text, code=fault.code)
