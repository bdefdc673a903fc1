"""Asking a hospital, inside somebody's unit of work: the ask commits with what it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub import ids
from hub.tenancy.scope import REGION
from hub.tenancy.statements import Insert
from hub.work import Unit
from institution_connectors.contracts import CheckOutcome, Command, Operation, Request, encode
from institution_connectors.exchange.events import ExchangeAsked
from institution_connectors.exchange.models import Exchange

_STORE = Insert(Exchange, unless_exists=True)
_STORE_FRESH = Insert(Exchange)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One of many asks; see `enqueue_ask` for what the parts mean."""

    request: Request
    key: str
    correlation: str
    deadline: datetime


def enqueue_asks(unit: Unit, asks: Sequence[Ask]) -> int:
    """Ask many things of the hospital whose unit is open; asks under keys already used are left out. Two statements.

    Returns how many are new.
    """
    made = {
        ask.key: Exchange(
            id=ids.uuid7(),
            key=ask.key,
            correlation=ask.correlation,
            operation=ask.request.operation,
            hub_number=ask.request.hub_number if isinstance(ask.request, Command) else "",
            request=encode(ask.request),
            asked_at=unit.now,
            deadline=ask.deadline,
        )
        for ask in asks
    }
    known = set(Exchange.objects.filter(key__in=made).values_list("key", flat=True))
    fresh = [row for key, row in made.items() if key not in known]
    Exchange.objects.bulk_create(fresh)
    for row in fresh:
        unit.publish(ExchangeAsked(hospital=unit.scope, exchange_id=row.id, correlation=row.correlation))
    return len(fresh)


def enqueue_ask(
    unit: Unit,
    *,
    request: Request,
    key: str,
    correlation: str,
    deadline: datetime,
    rerun_of: UUID | None = None,
    at_test: bool = False,
    fresh: bool = False,
) -> UUID:
    """Ask the hospital whose unit is open; `ExchangeAnswered` tells what came of it.

    Asking again under the same key returns the first ask; of a `fresh` one the caller knows that the key is new with
    this unit, and it travels with what the unit writes last. Asks of one correlation are sent one after the other.
    After the deadline nothing new is sent: what never reached the hospital is rejected, what may have is asked after.
    """
    if unit.scope == REGION:
        raise ValueError("an ask belongs to a hospital's unit of work")
    exchange_id = ids.uuid7()
    made = Exchange(
        id=exchange_id,
        key=key,
        correlation=correlation,
        operation=request.operation,
        hub_number=request.hub_number if isinstance(request, Command) else "",
        request=encode(request),
        asked_at=unit.now,
        deadline=deadline,
        rerun_of=rerun_of,
        at_test=at_test,
        announce=not at_test,
    )
    if fresh:
        unit.later(_STORE_FRESH.write(made))
    elif not _STORE(made):
        return Exchange.objects.values_list("id", flat=True).get(key=key)
    unit.publish(ExchangeAsked(hospital=unit.scope, exchange_id=exchange_id, correlation=correlation))
    return exchange_id


def ask_outcome(
    unit: Unit, *, hub_number: str, asked: Operation, key: str, correlation: str, deadline: datetime
) -> UUID:
    """Ask what became of our request number `hub_number`; the answer is a `contracts.OutcomeChecked`."""
    request = CheckOutcome(hub_number=hub_number, asked=asked)
    return enqueue_ask(unit, request=request, key=key, correlation=correlation, deadline=deadline)
