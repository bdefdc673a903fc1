"""The dialect `rest_json`, bound to one hospital."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from institution_connectors.adapters.rest_json.client import Envelope, RestJsonClient, load
from institution_connectors.adapters.rest_json.errors import Incomplete, NotCarried, Unreadable
from institution_connectors.adapters.rest_json.mapping import ROUTES, Row, Words, facts_of
from institution_connectors.charsets import CharsetError
from institution_connectors.contracts import (
    Answer,
    Call,
    Command,
    ConnectorProfile,
    Inbound,
    MalformedMessage,
    Operation,
    Reason,
    Request,
)
from institution_connectors.http import CallFailed
from institution_connectors.refusals import reason_of

# The codes of `docs/interfaces/rest_json.md`; a hospital's own table is looked at first.
CODES: Mapping[str, Reason] = {
    "1001": Reason.NOT_AUTHORISED,
    "1002": Reason.NOT_SUPPORTED,
    "1003": Reason.NUMBER_REUSED,
    "2001": Reason.NO_SOURCE,
    "2002": Reason.ALREADY_BOOKED,
    "2003": Reason.PATIENT_NOT_FOUND,
    "2004": Reason.PRICE_CHANGED,
    "2005": Reason.CLOSED,
    "2006": Reason.LOCK_EXPIRED,
    "2007": Reason.NOT_FOUND,
    "2008": Reason.TOO_LATE,
    "2009": Reason.LIMIT_REACHED,
    "2010": Reason.BLACKLISTED,
    "5003": Reason.BUSY,
}


class RestJsonAdapter:
    """Speaks to one hospital; thread-safe."""

    dialect: ClassVar[str] = "rest_json"
    operations: ClassVar[frozenset[Operation]] = frozenset(ROUTES)

    def __init__(self, profile: ConnectorProfile, secret: bytes) -> None:
        self._profile = profile
        self._client = RestJsonClient(profile, secret)

    def call(self, request: Request, call: Call) -> Answer:
        """Ask once."""
        route, words = ROUTES[request.operation], Words(self._profile, request.operation)
        try:
            envelope = self._client.ask(route.path, route.body(request, words), call)
        except (NotCarried, CharsetError) as problem:
            return Answer.rejected(Reason.NOT_CARRIED, text=str(problem), sent=False)
        except CallFailed as failure:
            return failure.answer
        return self._answer(request, envelope, words)

    def decode_inbound(self, body: bytes, head: Mapping[str, str]) -> Inbound:
        """Take a pushed message apart; `head` is the HTTP head with names in lower case."""
        words = Words(self._profile, Operation.LIST_SCHEDULES)
        try:
            _, _, charset = head.get("content-type", "").partition("charset=")
            message = Row(load(body, transport=charset, configured=self._profile.options.charset), words, "message")
            kind = message.text("kind")
            return Inbound(
                source=message.text("source"),
                incarnation=message.text("incarnation"),
                message_id=message.text("message_id"),
                kind=kind,
                facts=facts_of(kind, message.time("occurred_at"), message.within("data")),
            )
        except (Incomplete, Unreadable, CharsetError) as problem:
            raise MalformedMessage(str(problem)) from problem

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _answer(self, request: Request, envelope: Envelope, words: Words) -> Answer:
        text, code, options = envelope.message, envelope.code, self._profile.options
        if not options.succeeded(request.operation, code):
            reason = options.reason_codes.get(code) or CODES.get(code) or reason_of(code, text, options)
            return Answer.rejected(reason, text=text, code=code)
        try:
            row = Row(envelope.data or {}, words)
            if isinstance(request, Command):
                _check_number(row, request.hub_number)
            return Answer.accepted(ROUTES[request.operation].result(row), text=text, code=code)
        except Incomplete as problem:
            return Answer.unknown(Reason.INCOMPLETE, text=str(problem), code=code)
        except Unreadable as problem:
            return Answer.unknown(Reason.UNREADABLE, text=str(problem), code=code)


def _check_number(row: Row, hub_number: str) -> None:
    """The hospital must have stored our whole number, or asking after it would find nothing (F16)."""
    if row.text("hub_no") != hub_number:
        raise Incomplete("data.hub_no is not the number that was sent")
