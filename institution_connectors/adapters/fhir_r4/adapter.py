"""The dialect `fhir_r4`, bound to one hospital."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from typing import ClassVar, Final

from institution_connectors.adapters.fhir_r4 import subscriptions
from institution_connectors.adapters.fhir_r4.client import FhirClient, load
from institution_connectors.adapters.fhir_r4.errors import Incomplete, NotCarried, Problem
from institution_connectors.adapters.fhir_r4.mapping import inbound, systems
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.adapters.fhir_r4.mapping.operations import ROUTES, Route
from institution_connectors.adapters.fhir_r4.statement import Statement
from institution_connectors.adapters.fhir_r4.talk import Talk
from institution_connectors.adapters.fhir_r4.tokens import fresh_key
from institution_connectors.contracts import (
    Answer,
    Call,
    Command,
    ConnectorProfile,
    Done,
    Inbound,
    MalformedMessage,
    Operation,
    Outcome,
    Reason,
    Request,
)
from institution_connectors.http import CallFailed

STATEMENT_SECONDS: Final = 3600.0
_MARK_LIMIT = 64


class FhirR4Adapter:
    """Speaks to one hospital; thread-safe. What it keeps is the server's: its token and its CapabilityStatement."""

    dialect: ClassVar[str] = "fhir_r4"
    operations: ClassVar[frozenset[Operation]] = frozenset(ROUTES)

    def __init__(self, profile: ConnectorProfile, secret: bytes) -> None:
        self._profile = profile
        self._client = FhirClient(profile, secret)
        self._guard = threading.Lock()
        self._statement: Statement | None = None
        self._asked_at = 0.0

    def call(self, request: Request, call: Call) -> Answer:
        """Ask once; several interactions may belong to it, of which at most one changes something."""
        route, talk = ROUTES[request.operation], Talk(self._profile, self._client, call)
        if refusal := self._incapable(route, talk):
            return refusal
        return _carried(talk, request, route)

    def subscribe(self, address: str, token: str, call: Call) -> Answer:
        """Make sure that this server notifies us at `address`, showing `token`."""
        talk = Talk(self._profile, self._client, call)
        try:
            made = subscriptions.keep(talk, address, token)
        except CallFailed as failure:
            return failure.answer
        except Problem as problem:
            return Answer.unknown(Reason.UNREADABLE, text=str(problem))
        return Answer.accepted(Done(), text=f"{made} subscriptions made" if made else "")

    def decode_inbound(self, body: bytes, head: Mapping[str, str]) -> Inbound:
        """Take a notification apart: one resource, or a collection of sessions."""
        _, _, charset = head.get("content-type", "").partition("charset=")
        try:
            node = Node.resource(load(body, transport=charset))
            facts = inbound.facts_of(node)
        except Problem as problem:
            raise MalformedMessage(str(problem), code=problem.code, where=problem.expression) from problem
        except ValueError as problem:
            raise MalformedMessage(str(problem), code="structure") from problem
        number = inbound.mark(node)
        return Inbound(
            source=f"FHIR-{self._profile.hospital}",
            incarnation=(node.tag(systems.GENERATION) or "1")[:16],
            message_id=number if number and len(number) <= _MARK_LIMIT else hashlib.sha256(body).hexdigest(),
            kind=node.kind,
            facts=facts,
        )

    def stranger_secret(self) -> bytes:
        """A well-made secret that is not this hospital's, to see that its server refuses it."""
        return fresh_key()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _incapable(self, route: Route, talk: Talk) -> Answer | None:
        """Why this can't be asked at all, by the server's own statement; nothing is sent of what was asked."""
        try:
            lacking = self._stated(talk).lacking(route.needs)
        except CallFailed as failure:
            return _not_sent(failure.answer)
        except Problem as problem:
            return Answer.rejected(Reason.NOT_SUPPORTED, text=str(problem), sent=False)
        return Answer.rejected(Reason.NOT_SUPPORTED, text=lacking, sent=False) if lacking else None

    def _stated(self, talk: Talk) -> Statement:
        with self._guard:
            held = self._statement
            if held is not None and time.monotonic() - self._asked_at < STATEMENT_SECONDS:
                return held
        reply = self._client.ask("GET", "metadata", talk.call)
        if reply.body is None:
            raise Incomplete("CapabilityStatement", "is missing: the answer has no body")
        found = Statement.of(Node.resource(reply.body))
        with self._guard:
            self._statement, self._asked_at = found, time.monotonic()
        return found


def _carried(talk: Talk, request: Request, route: Route) -> Answer:
    try:
        return Answer.accepted(route.ask(talk, request))
    except NotCarried as problem:
        return Answer.rejected(Reason.NOT_CARRIED, text=str(problem), sent=False)
    except CallFailed as failure:
        answer = failure.answer
    except Incomplete as problem:
        answer = Answer.unknown(Reason.INCOMPLETE, text=str(problem), code=problem.code)
    except Problem as problem:
        answer = Answer.unknown(Reason.UNREADABLE, text=str(problem), code=problem.code)
    if isinstance(request, Command) and not talk.wrote and answer.outcome is Outcome.UNKNOWN:
        return _not_sent(answer)  # it ended while looking, before anything could be changed
    return answer


def _not_sent(answer: Answer) -> Answer:
    if answer.outcome is Outcome.REJECTED:
        return Answer.rejected(answer.reason, text=answer.text, code=answer.code, sent=False)
    return Answer.rejected(Reason.UNREACHABLE, text=answer.text, code=answer.code, sent=False)
