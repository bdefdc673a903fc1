"""One turn of a scope in a lane: claim some rows, run them, store their ends. The relay and `drain()` share it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connections

from hub import clock
from hub.journal.world import open_scope, world_of
from hub.outbox import delivery, metrics, rows
from hub.outbox.models import Lane
from hub.outbox.policy import LanePolicy
from hub.tenancy import registry
from hub.tenancy.errors import HospitalClosed
from hub.tenancy.scope import REGION

logger = logging.getLogger(__name__)

_UNLIMITED = 1_000_000


@dataclass(slots=True)
class Turn:
    """What a turn did: how its deliveries ended, when failed ones are due again, whether more is due already."""

    claimed: int = 0
    delivered: int = 0
    retries: list[datetime] = field(default_factory=list)
    dead: int = 0
    more: bool = False


def take(
    scope: str,
    policy: LanePolicy,
    *,
    worker: UUID,
    on_more: Callable[[], None] | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Turn:
    """Claim at most a batch of `scope`'s due rows and run them one after the other.

    `on_more` is called before running when more rows are due, so that another thread can go on with the scope at once.
    Rows not begun when `stopping` turns true are given back. A hospital that is closed, or closes under way (perhaps by
    what was just delivered), ends the turn: what it had claimed comes back with its lease.
    """
    turn = Turn()
    try:
        claimed, more = _claim(scope, policy, worker)
        turn.claimed = len(claimed)
        if not claimed:
            return turn
        if on_more is not None and more:
            on_more()
        results: list[delivery.Result] = []
        for row in claimed:
            if stopping():
                break
            results.append(_attempt(scope, row, policy.lane, worker))
        _store(scope, turn, policy, results, claimed[len(results) :], worker)
    except HospitalClosed:
        logger.info("a turn ended early: the hospital is closed", extra={"scope": scope})
    return turn


def _claim(scope: str, policy: LanePolicy, worker: UUID) -> tuple[list[rows.Claimed], bool]:
    with open_scope(scope):
        return rows.claim(
            world_of(scope),
            scope,
            policy.lane,
            worker=worker,
            now=clock.now(),
            lease=policy.lease,
            batch=policy.batch,
            caps=_caps(scope, policy.lane),
        )


def _attempt(scope: str, row: rows.Claimed, lane: Lane, worker: UUID) -> delivery.Result:
    if lane is Lane.OUTSIDE:
        put_back_connections()  # the handler may wait on the network, and each of its scopes takes one of its own
    with metrics.attempt(scope, row, lane) as observed:
        result = delivery.attempt(scope, row, worker=worker)
        observed.failed = result.failure is not None
    return result


def _store(
    scope: str,
    turn: Turn,
    policy: LanePolicy,
    results: list[delivery.Result],
    unbegun: list[rows.Claimed],
    worker: UUID,
) -> None:
    world = world_of(scope)
    nothing_to_write = not unbegun and all(result.settled for result in results)
    with open_scope(scope, read_only=nothing_to_write):
        if not nothing_to_write:
            rows.relax(world)
            turn.retries = delivery.conclude(scope, results, worker=worker)
        if unbegun:
            rows.release(world, [row.id for row in unbegun], worker=worker)
        turn.more = rows.due(world, policy.lane, now=clock.now())
    failed = sum(1 for result in results if result.failure)
    turn.delivered = len(results) - failed
    turn.dead = failed - len(turn.retries)


def put_back_connections() -> None:
    """Return this thread's connections to the pool."""
    for connection in connections.all(initialized_only=True):
        connection.close()


def _caps(scope: str, lane: Lane) -> rows.Caps:
    """How much of each hospital may be under way at once: the hospital's own limit where the outside is called."""
    if lane is not Lane.OUTSIDE:
        return rows.Caps(usual=_UNLIMITED, by_hospital={}, exact=False)
    if scope != REGION:
        limit = _in_flight(registry.tenant(scope))
        return rows.Caps(usual=limit, by_hospital={}, exact=True)
    return rows.Caps(
        usual=_UNLIMITED, by_hospital={info.code: _in_flight(info) for info in registry.hospitals()}, exact=True
    )


def _in_flight(info: registry.TenantInfo) -> int:
    return int(info.limits.get("in_flight", 4))
