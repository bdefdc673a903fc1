"""Reading messages. Everything here is called inside the hospital's scope, except `overview`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from hub.tenancy.statements import Perhaps, Select
from institution_connectors.contracts import (
    Answer,
    Fact,
    Operation,
    Outcome,
    Reason,
    Request,
    decode_answer,
    decode_fact,
    decode_request,
)
from institution_connectors.exchange import bodies
from institution_connectors.exchange.errors import NotAnswered, UnknownExchange
from institution_connectors.exchange.models import Attempt, Exchange, Inbound, Message, Purpose, State
from institution_connectors.exchange.rendering import masked

_ANSWERED = ("id", "state", "answer")
_ANSWER = Select(Exchange, "id = %(id)s", only=_ANSWERED)
OUTCOMES = {State.ACCEPTED: Outcome.ACCEPTED, State.REJECTED: Outcome.REJECTED}


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """A line of the message list; nothing personal in it."""

    id: UUID
    operation: Operation
    correlation: str
    hub_number: str
    state: State
    reason: Reason
    his_code: str
    asked_at: datetime
    deadline: datetime
    ended_at: datetime | None
    attempts: int
    rerun_of: UUID | None
    at_test: bool

    @property
    def duration_ms(self) -> int | None:
        """From the ask to its definite end."""
        return round((self.ended_at - self.asked_at).total_seconds() * 1000) if self.ended_at else None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One call of an ask."""

    number: int
    purpose: Purpose
    started_at: datetime
    duration_ms: int | None
    outcome: str
    reason: Reason
    trace_id: str

    @property
    def came_of_it(self) -> State:
        """The outcome as a state with words; a call that has not ended may have reached the hospital."""
        return State(self.outcome) if self.outcome else State.UNKNOWN


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as it crossed the wire, its personal data masked; `text` is None when its time is over."""

    attempt: int
    direction: str
    at: datetime
    size: int
    text: str | None


@dataclass(frozen=True, slots=True)
class ExchangeDetail:
    """An ask with all that belongs to it."""

    row: ExchangeRow
    his_text: str
    attempts: list[AttemptRow]
    messages: list[MessageRow]


@dataclass(frozen=True, slots=True)
class InboundRow:
    """A message the hospital sent."""

    id: UUID
    source: str
    incarnation: str
    message_id: str
    kind: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class InboundDetail:
    """A message of the hospital with what it said, personal data masked."""

    row: InboundRow
    facts: list[str]
    messages: list[MessageRow]


def state(exchange_id: UUID) -> ExchangeRow:
    """Where an ask stands. One query."""
    return exchange_row(_exchange(exchange_id))


def answer(exchange_id: UUID) -> Answer:
    """The definite answer of an ask; `NotAnswered` while there is none. One query."""
    return answer_in(_ANSWER.first(id=exchange_id))


def answer_in(exchange: Exchange | None) -> Answer:
    """The answer of an ask that was read with `answer_beside`."""
    if exchange is None:
        raise UnknownExchange
    if exchange.state not in OUTCOMES or exchange.answer is None:
        raise NotAnswered(detail={"exchange": str(exchange.id)})
    return decode_answer(exchange.answer)


def answer_beside(parameter: str) -> Perhaps:
    """The ask whose answer is wanted, read with the row it is about; the query's `parameter` is its id."""
    return Perhaps(Exchange, f"id = %({parameter})s", only=_ANSWERED)


def request(exchange_id: UUID) -> Request:
    """What was asked. One query."""
    return decode_request(_exchange(exchange_id).request)


def fact(inbound_id: UUID, index: int) -> Fact:
    """A fact of a message the hospital sent. One query."""
    return decode_fact(Inbound.objects.get(id=inbound_id).facts[index])


def exchanges(
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
    operation: Operation | None = None,
    states: tuple[State, ...] = (),
    correlation: str = "",
    hub_number: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[ExchangeRow]:
    """Asks, newest first, from below `after` (asked_at, id). One query."""
    rows = Exchange.objects.defer("request", "answer", "his_text").order_by("-asked_at", "-id")
    if after is not None:
        rows = rows.filter(Q(asked_at__lt=after[0]) | Q(asked_at=after[0], id__lt=after[1]))
    if operation is not None:
        rows = rows.filter(operation=operation)
    if states:
        rows = rows.filter(state__in=states)
    if correlation:
        rows = rows.filter(correlation=correlation)
    if hub_number:
        rows = rows.filter(hub_number=hub_number)
    if since is not None:
        rows = rows.filter(asked_at__gte=since)
    if until is not None:
        rows = rows.filter(asked_at__lt=until)
    return [exchange_row(row) for row in rows[:limit]]


def detail(exchange_id: UUID) -> ExchangeDetail:
    """An ask with its attempts and masked messages. Three queries."""
    exchange = _exchange(exchange_id)
    attempts = [
        AttemptRow(
            number=row.number,
            purpose=Purpose(row.purpose),
            started_at=row.started_at,
            duration_ms=row.duration_ms,
            outcome=row.outcome,
            reason=Reason(row.reason),
            trace_id=row.trace_id,
        )
        for row in Attempt.objects.filter(exchange_id=exchange_id).order_by("number")
    ]
    messages = [_message(row) for row in Message.objects.filter(exchange_id=exchange_id).order_by("id")]
    return ExchangeDetail(exchange_row(exchange), masked(exchange.his_text), attempts, messages)


def rerun_of(exchange_id: UUID) -> ExchangeRow | None:
    """The ask by which this one was run again last. One query."""
    again = Exchange.objects.filter(rerun_of=exchange_id).order_by("-asked_at").first()
    return exchange_row(again) if again else None


def inbound(
    *, after: tuple[datetime, UUID] | None = None, limit: int = 50, kind: str = "", message_id: str = ""
) -> list[InboundRow]:
    """Messages the hospital sent, newest first. One query."""
    rows = Inbound.objects.defer("facts").order_by("-received_at", "-id")
    if after is not None:
        rows = rows.filter(Q(received_at__lt=after[0]) | Q(received_at=after[0], id__lt=after[1]))
    if kind:
        rows = rows.filter(kind=kind)
    if message_id:
        rows = rows.filter(message_id=message_id)
    return [_inbound_row(row) for row in rows[:limit]]


def inbound_detail(inbound_id: UUID) -> InboundDetail:
    """A message the hospital sent, with what was understood of it and its masked body. Two queries."""
    row = Inbound.objects.filter(id=inbound_id).first()
    if row is None:
        raise UnknownExchange
    messages = [_message(body) for body in Message.objects.filter(inbound_id=inbound_id).order_by("id")]
    kinds = [str(fact.get("_kind", "")) for fact in row.facts]
    return InboundDetail(_inbound_row(row), kinds, messages)


def _exchange(exchange_id: UUID) -> Exchange:
    found = Exchange.objects.filter(id=exchange_id).first()
    if found is None:
        raise UnknownExchange
    return found


def exchange_row(row: Exchange) -> ExchangeRow:
    """The line of a stored ask; no query."""
    return ExchangeRow(
        id=row.id,
        operation=Operation(row.operation),
        correlation=row.correlation,
        hub_number=row.hub_number,
        state=State(row.state),
        reason=Reason(row.reason),
        his_code=row.his_code,
        asked_at=row.asked_at,
        deadline=row.deadline,
        ended_at=row.ended_at,
        attempts=row.attempts,
        rerun_of=row.rerun_of,
        at_test=row.at_test,
    )


def _message(row: Any) -> MessageRow:
    text = None if row.body is None else masked(bodies.readable(row))
    return MessageRow(attempt=row.attempt, direction=row.direction, at=row.at, size=row.size, text=text)


def _inbound_row(row: Inbound) -> InboundRow:
    return InboundRow(row.id, row.source, row.incarnation, row.message_id, row.kind, row.received_at)
