"""Asking at once, sending again, tidying up after a crash."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hub import clock, ids
from hub.actor import Actor
from hub.errors import InvalidInput
from hub.outbox.events import Temporary
from hub.security.permissions import require
from hub.tenancy.context import current_scope
from hub.tenancy.scope import hospital
from hub.work import work
from institution_connectors.catalog import selectors as catalog
from institution_connectors.contracts import Answer, Command, Reason, Request, decode_request, encode
from institution_connectors.exchange import permissions, selectors, store
from institution_connectors.exchange.errors import NotRerunnable, UnknownExchange
from institution_connectors.exchange.events import ProbeAsked
from institution_connectors.exchange.models import Exchange, State
from institution_connectors.exchange.selectors import ExchangeDetail, InboundDetail
from institution_connectors.exchange.steps import enqueue_ask
from institution_connectors.runtime.pipeline import ACTOR, carry_out

_AT_ONCE = timedelta(seconds=40)
_RERUN_TIME = timedelta(hours=1)


def open_detail(*, actor: Actor, code: str, exchange_id: UUID) -> ExchangeDetail:
    """One ask with its messages, for somebody to look at; that he looked is recorded."""
    require(actor, permissions.VIEW)
    with work(code, actor=actor) as unit:
        found = selectors.detail(exchange_id)
        unit.audit("exchange.opened", target=f"exchange:{exchange_id}")
    return found


def open_inbound(*, actor: Actor, code: str, inbound_id: UUID) -> InboundDetail:
    """The same for a message the hospital sent."""
    require(actor, permissions.VIEW)
    with work(code, actor=actor) as unit:
        found = selectors.inbound_detail(inbound_id)
        unit.audit("exchange.opened", target=f"inbound:{inbound_id}")
    return found


def ask_now(code: str, request: Request, *, correlation: str = "sync") -> Answer:
    """Read something of a hospital at once: for schedules, polling and probes, never in a web request or a scope.

    The answer is always definite: what could not be read is rejected with the reason.
    """
    if isinstance(request, Command):
        raise TypeError("a command is enqueued in a unit of work, so that it outlives this process")
    if current_scope() is not None:
        raise RuntimeError("a hospital is not waited for inside a transaction")
    profile, exchange_id = catalog.profile(code), ids.uuid7()
    with work(code, actor=ACTOR) as unit:
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
        store.settle(profile, exchange_id, Answer.rejected(Reason.UNREACHABLE, sent=False), actor=ACTOR)
    with hospital(code, read_only=True):
        return selectors.answer(exchange_id)


def rerun(*, actor: Actor, code: str, exchange_id: UUID, reason: str, at_test: bool = False) -> UUID:
    """Send an ask again that definitely was not done, as a new ask linked to it, with an hour to succeed.

    `at_test`: to the hospital's test system, as often as one likes; nobody but its reader hears of the answer.
    """
    require(actor, permissions.RERUN)
    if not reason.strip():
        raise InvalidInput(fields={"reason": "请填写重发原因"})
    with work(code, actor=actor) as unit:
        old = Exchange.objects.select_for_update().filter(id=exchange_id).first()
        if old is None:
            raise UnknownExchange
        if old.state != State.REJECTED:
            raise NotRerunnable
        if at_test and not catalog.test_endpoint(code):
            raise NotRerunnable("本院没有登记测试环境。")
        again = enqueue_ask(
            unit,
            request=decode_request(old.request),
            key=f"test:{ids.uuid7()}" if at_test else f"rerun:{exchange_id}",
            correlation=f"test:{exchange_id}" if at_test else old.correlation,
            deadline=unit.now + _RERUN_TIME,
            rerun_of=exchange_id,
            at_test=at_test,
        )
        unit.audit(
            "exchange.rerun",
            target=f"exchange:{exchange_id}",
            reason=reason,
            detail={"again": str(again), "test": at_test},
        )
    return again


def ask_probe(*, actor: Actor, code: str) -> None:
    """A person wants to know now how the hospital is; the look itself happens outside his request."""
    require(actor, permissions.PROBE)
    with work(code, actor=actor) as unit:
        unit.publish(ProbeAsked(hospital=code))
        unit.audit("connector.probe_asked", target=f"connector:{code}")


def recover(code: str) -> int:
    """End reads whose process died under them; how many. Commands need no help: their delivery is taken up again."""
    limit = clock.now() - 3 * _AT_ONCE
    with hospital(code, read_only=True):
        left = list(
            Exchange.objects.filter(announce=False, state=State.OPEN, asked_at__lt=limit).values_list("id", flat=True)
        )
    profile = catalog.profile(code) if left else None
    for exchange_id in left:
        if profile is not None:
            store.settle(profile, exchange_id, Answer.rejected(Reason.CONNECTION_LOST), actor=ACTOR)
    return len(left)
