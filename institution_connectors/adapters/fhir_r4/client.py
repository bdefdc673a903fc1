"""The wire: FHIR's HTTP interactions with one server, one at a time, each recorded; thread-safe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from hub import clock
from institution_connectors import charsets
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.outcomes import answer_of
from institution_connectors.adapters.fhir_r4.tokens import authority
from institution_connectors.contracts import Answer, Call, ConnectorProfile, Direction, Reason, Wire
from institution_connectors.http import CallFailed, HospitalHttp, Received

FHIR_JSON = "application/fhir+json"
_DONE = frozenset({200, 201, 202, 204})
_CHANGED = 412
_SHOWN_HEADS = ("If-Match", "If-None-Exist", "Prefer")


@dataclass(frozen=True, slots=True)
class Reply:
    """A success. `body` is None when it has none; `clock` is the server's own time."""

    status: int
    body: dict[str, Any] | None
    etag: str
    location: str
    clock: datetime | None


class Stale(CallFailed):
    """The server refused because the resource is another by now (412): certainly not done."""


class FhirClient:
    """Asks one server; raises `CallFailed` with what that means to the hub."""

    def __init__(self, profile: ConnectorProfile, secret: bytes) -> None:
        self._base = profile.endpoint.rstrip("/")
        self._options = profile.options
        self._http = HospitalHttp(connections=profile.limits.in_flight)
        self._authority = authority(profile, secret, self._http)

    def ask(
        self,
        method: str,
        path: str,
        call: Call,
        *,
        resource: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One interaction at `path` under the base address; a token that was refused is asked for anew, once."""
        body, content_type = _body(resource, form)
        given = {**(headers or {}), "Accept": FHIR_JSON, "X-Request-Id": call.trace_id}
        if body is not None:
            given["Content-Type"] = content_type
        received = self._sent(method, path, body, given, call)
        if received.status == 401 and self._authority.forget():
            received = self._sent(method, path, body, given, call)
        return self._opened(received)

    def within(self, link: str) -> str:
        """The path of a page of ours; `ValueError` for a link that leads anywhere but to this server."""
        here, there = urlsplit(self._base), urlsplit(link)
        if ".." in unquote(there.path).split("/"):
            raise ValueError("the next page lies outside of the base address")
        if there.scheme and (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise ValueError("the next page lies on another server")
        if there.scheme or there.path.startswith("/"):
            if there.path != here.path and not there.path.startswith(here.path + "/"):
                raise ValueError("the next page lies outside of the base address")
            path = there.path[len(here.path) :].lstrip("/")
        else:
            path = there.path
        return f"{path}?{there.query}" if there.query else path

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def _sent(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], call: Call) -> Received:
        token = self._authority.header(call)
        shown = {
            name.lower(): value
            for name, value in headers.items()
            if name in _SHOWN_HEADS and systems.DOCUMENT not in value  # a certificate is kept in sealed bodies only
        }
        head = {"method": method, "path": path, **shown}
        content_type = headers.get("Content-Type", FHIR_JSON)
        call.record(
            Wire(direction=Direction.SENT, at=clock.now(), body=body or b"", content_type=content_type, head=head)
        )
        url = f"{self._base}/{path}" if path and not path.startswith("?") else f"{self._base}{path}"
        received = self._http.send(method, url, body, {**headers, "Authorization": token}, call.timeouts)
        call.record(
            Wire(
                direction=Direction.RECEIVED, at=clock.now(), body=received.body, content_type=received.content_type,
                head={"status": str(received.status)},
            )
        )  # fmt: skip
        return received

    def _opened(self, received: Received) -> Reply:
        try:
            body = load(received.body, transport=received.charset)
        except ValueError as problem:
            if received.status in _DONE:
                raise CallFailed(Answer.unknown(Reason.UNREADABLE, text=str(problem)[:300])) from problem
            body = None
        if received.status not in _DONE:
            failure = Stale if received.status == _CHANGED else CallFailed
            raise failure(answer_of(received.status, body, self._options))
        heads = received.headers
        return Reply(
            received.status, body, heads.get("etag", ""), heads.get("location", ""), _clock(heads.get("date", ""))
        )


def load(body: bytes, *, transport: str = "") -> dict[str, Any] | None:
    """A JSON object out of bytes in UTF-8, strictly decoded (F5); None for an empty body; `ValueError` otherwise."""
    if not body.strip():
        return None
    text = charsets.decode(body, transport=transport, configured="utf-8").text
    try:
        document = json.loads(text, parse_float=Decimal)
    except RecursionError as problem:
        raise ValueError("the document is nested too deeply") from problem
    if not isinstance(document, dict):
        raise ValueError("the document is no JSON object")  # noqa: TRY004 - the sender's fault, not the caller's
    return document


def _body(resource: Mapping[str, Any] | None, form: Mapping[str, str] | None) -> tuple[bytes | None, str]:
    if form is not None:
        return urlencode(form).encode(), "application/x-www-form-urlencoded"
    if resource is None:
        return None, ""
    return json.dumps(resource, ensure_ascii=False, default=_plain).encode(), FHIR_JSON


def _plain(value: object) -> int | float:
    """Decimals of a resource that was read and is written back; the shortest float text is the same number."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} stands in no resource")
    return int(value) if value == value.to_integral_value() else float(value)


def _clock(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
