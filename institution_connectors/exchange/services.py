"""Asking at once, taking messages in, sending again."""

from __future__ import annotations

from datetime import timedelta

from hub import clock, ids
from hub.actor import system_actor
from hub.outbox.events import Temporary
from hub.tenancy.context import current_scope
from hub.tenancy.scope import hospital
from hub.work import work
from institution_connectors.catalog import selectors as catalog
from institution_connectors.contracts import Answer, Command, Reason, Request, encode
from institution_connectors.exchange import selectors, store
from institution_connectors.exchange.models import Exchange
from institution_connectors.runtime.decisions import Settle
from institution_connectors.runtime.pipeline import carry_out

_ACTOR = system_actor("connectors")
_AT_ONCE = timedelta(seconds=40)


def ask_now(code: str, request: Request, *, correlation: str = "sync") -> Answer:
    """Read something of a hospital at once: for schedules, polling and probes, never in a web request or a scope.

    The answer is always definite: what could not be read is rejected with the reason.
    """
    if isinstance(request, Command):
        raise TypeError("a command is enqueued in a unit of work, so that it outlives this process")
    if current_scope() is not None:
        raise RuntimeError("a hospital is not waited for inside a transaction")
    profile, exchange_id = catalog.profile(code), ids.uuid7()
    with work(code, actor=_ACTOR) as unit:
        Exchange.objects.create(
            id=exchange_id,
            key=f"now:{exchange_id}",
            correlation=correlation,
            operation=request.operation,
            request=encode(request),
            asked_at=unit.now,
            deadline=unit.now + _AT_ONCE,
            announce=False,
        )
        unit.audit("exchange.asked", target=f"exchange:{exchange_id}", detail={"operation": request.operation})
    try:
        carry_out(code, exchange_id, until=clock.now() + _AT_ONCE)
    except Temporary:
        away = Settle(Answer.rejected(Reason.UNREACHABLE, sent=False))
        store.conclude_step(profile, store.Begun(step=away, exchange_id=exchange_id), actor=_ACTOR)
    with hospital(code, read_only=True):
        return selectors.answer(exchange_id)
