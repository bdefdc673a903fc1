"""The envelope: token, trace number, `{code, message, data}`."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub import clock
from institution_connectors import charsets
from institution_connectors.adapters.rest_json.errors import Unreadable
from institution_connectors.contracts import Answer, Call, ConnectorProfile, Direction, Reason, Wire
from institution_connectors.http import CallFailed, HospitalHttp, Received


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed answer."""

    code: str
    message: str
    data: Any


def access_token(secret: bytes, hospital: str) -> str:
    """The token the hub shows this hospital, agreed on beforehand and derived from the shared secret."""
    return hmac.new(secret, f"access_token:{hospital}".encode(), hashlib.sha256).hexdigest()


class RestJsonClient:
    """Posts JSON and takes the envelope apart; thread-safe."""

    def __init__(self, profile: ConnectorProfile, secret: bytes) -> None:
        self._endpoint = profile.endpoint.rstrip("/")
        self._charset = charsets.codec_of(profile.options.charset)
        self._token = access_token(secret, profile.hospital)
        self._http = HospitalHttp(connections=profile.limits.in_flight)

    def ask(self, path: str, body: Mapping[str, Any], call: Call) -> Envelope:
        """The hospital's answer to `body`. Raises `CallFailed`."""
        try:
            sent = charsets.encode(json.dumps(body, ensure_ascii=False), self._charset)
        except charsets.CharsetError as problem:
            raise CallFailed(Answer.rejected(Reason.NOT_CARRIED, text=str(problem), sent=False)) from problem
        content_type = f"application/json; charset={self._charset}"
        head = {"Content-Type": content_type, "traceid": call.trace_id}
        call.record(
            Wire(direction=Direction.SENT, at=clock.now(), body=sent, content_type=content_type, head={"path": path})
        )
        received = self._http.post(
            f"{self._endpoint}/{path}", sent, {**head, "access_token": self._token}, call.timeouts
        )
        call.record(
            Wire(
                direction=Direction.RECEIVED,
                at=clock.now(),
                body=received.body,
                content_type=received.content_type,
                head={"status": str(received.status)},
            )
        )
        return self._opened(received, call.trace_id)

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def _opened(self, received: Received, trace_id: str) -> Envelope:
        if received.status in (401, 403):
            raise CallFailed(Answer.rejected(Reason.NOT_AUTHORISED, text=f"HTTP {received.status}"))
        if received.status in (429, 503):
            raise CallFailed(Answer.rejected(Reason.BUSY, text=f"HTTP {received.status}"))
        if received.status != 200:
            raise _unreadable(f"HTTP {received.status}")
        if received.headers.get("traceid", trace_id) != trace_id:
            raise _unreadable("the answer carries the traceid of another request")
        try:
            return envelope(received.body, transport=received.charset, configured=self._charset)
        except (Unreadable, charsets.CharsetError) as problem:
            raise _unreadable(str(problem)) from problem


def _unreadable(text: str) -> CallFailed:
    return CallFailed(Answer.unknown(Reason.UNREADABLE, text=text))


def envelope(body: bytes, *, transport: str, configured: str) -> Envelope:
    """`{code, message, data}`; the code may be written as a number."""
    document = load(body, transport=transport, configured=configured)
    code = document.get("code")
    if isinstance(code, bool) or not isinstance(code, str | int):
        raise Unreadable("`code` is missing or no text")
    return Envelope(str(code), str(document.get("message") or ""), document.get("data"))


def load(body: bytes, *, transport: str, configured: str) -> dict[str, Any]:
    """A JSON object out of bytes, strictly decoded (F5)."""
    text = charsets.decode(body, transport=transport, configured=configured).text
    try:
        document = json.loads(text)
    except ValueError as problem:
        raise Unreadable(f"not JSON: {problem}") from problem
    if not isinstance(document, dict):
        raise Unreadable("the document is no JSON object")
    return document
