"""One turn of a scope in a lane: claim some rows, run them and what follows from them, store their ends.

The relay and `drain()` share it.
"""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connections

from hub import clock
from hub.journal.world import open_scope, world_of
from hub.outbox import delivery, metrics, onward, rows, wake
from hub.outbox.hands import Hands
from hub.outbox.models import Lane
from hub.outbox.policy import LanePolicy, calls_at_once, lane_policy
from hub.tenancy import registry
from hub.tenancy.errors import HospitalClosed
from hub.tenancy.scope import REGION

logger = logging.getLogger(__name__)

_UNLIMITED = 1_000_000


@dataclass(slots=True)
class Turn:
    """What a turn did: how its deliveries ended, which queues have more that is due already, when failed ones are."""

    claimed: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    more: list[tuple[str, Lane]] = field(default_factory=list)
    retries: list[tuple[datetime, str, Lane]] = field(default_factory=list)


def take(
    scope: str,
    policy: LanePolicy,
    *,
    worker: UUID,
    on_more: Callable[[], None] | None = None,
    stopping: Callable[[], bool] = lambda: False,
    hands: Hands | None = None,
) -> Turn:
    """Claim at most a batch of `scope`'s due rows and run them one after the other, each with what follows from it.

    `on_more` is called before running when more rows are due, so that another thread can go on with the scope at once.
    `hands` are the threads that take over what it publishes for its hospital's own system.
    Rows not begun when `stopping` turns true are given back. A hospital that is closed, or closes under way (perhaps by
    what was just delivered), ends the turn: what it had claimed comes back with its lease.
    """
    turn = Turn()
    try:
        claimed, more = _claim(scope, policy, worker)
    except HospitalClosed:
        logger.info("no turn: the hospital is closed", extra={"scope": scope})
        return turn
    turn.claimed = len(claimed)
    if not claimed:
        return turn
    if on_more is not None and more:
        on_more()
    _carry_out(turn, scope, claimed, policy.lane, worker, stopping, hands)
    return turn


def take_over(
    scope: str, row: rows.Claimed, *, worker: UUID, hands: Hands, stopping: Callable[[], bool] = lambda: False
) -> Turn:
    """Run a call that was published under our lease, as if it had been claimed."""
    turn = Turn(claimed=1)
    _carry_out(turn, scope, [row], Lane.OUTSIDE, worker, stopping, hands)
    return turn


def _carry_out(
    turn: Turn,
    scope: str,
    claimed: Sequence[rows.Claimed],
    lane: Lane,
    worker: UUID,
    stopping: Callable[[], bool],
    hands: Hands | None,
) -> None:
    with wake.together(impatient=True), onward.going_on(worker, lane_policy(Lane.INTERNAL).lease, hands) as line:
        if lane is Lane.INTERNAL:
            line.add(scope, claimed)
        else:
            _run(turn, lane, deque((scope, row) for row in claimed), worker, stopping)
        last = clock.now() + line.lease / 2  # what a lease might not last for is given back
        _run(turn, Lane.INTERNAL, line.waiting, worker, lambda: stopping() or clock.now() > last)


def _claim(scope: str, policy: LanePolicy, worker: UUID) -> tuple[list[rows.Claimed], bool]:
    caps = _caps(scope, policy.lane)
    with open_scope(scope, relaxed=True, turn=rows.COUNTING if caps.exact else None):
        return rows.claim(
            world_of(scope),
            policy.lane,
            worker=worker,
            now=clock.now(),
            lease=policy.lease,
            batch=policy.batch,
            caps=caps,
        )


def _run(
    turn: Turn, lane: Lane, waiting: deque[tuple[str, rows.Claimed]], worker: UUID, stopping: Callable[[], bool]
) -> None:
    """Run the rows that wait, also those that come to wait meanwhile, then store how they ended."""
    ends: defaultdict[str, _Ends] = defaultdict(_Ends)
    while waiting:
        scope, row = waiting.popleft()
        if stopping():
            ends[scope].unbegun.append(row)
        else:
            ends[scope].results.append(_attempt(scope, row, lane, worker))
    for scope, end in ends.items():
        try:
            _store(turn, scope, lane, end, worker)
        except HospitalClosed:
            logger.info("ends are not stored: the hospital has been closed", extra={"scope": scope})


@dataclass(slots=True)
class _Ends:
    """What became of the rows of one scope."""

    results: list[delivery.Result] = field(default_factory=list)
    unbegun: list[rows.Claimed] = field(default_factory=list)


def _attempt(scope: str, row: rows.Claimed, lane: Lane, worker: UUID) -> delivery.Result:
    if lane.calls_outside:
        put_back_connections()  # the handler may wait on the network, and each of its scopes takes one of its own
    with metrics.attempt(scope, row, lane) as observed:
        result = delivery.attempt(scope, row, worker=worker)
        observed.failed = result.failure is not None
    return result


def _store(turn: Turn, scope: str, lane: Lane, ends: _Ends, worker: UUID) -> None:
    world, results = world_of(scope), ends.results
    more = bool(ends.unbegun) or any(result.followed for result in results)
    concluded = delivery.Concluded([], followed=False)
    if ends.unbegun or not all(result.settled for result in results):
        with open_scope(scope, relaxed=True):
            concluded = delivery.conclude(scope, results, worker=worker)
            if ends.unbegun:
                rows.release(world, [row.id for row in ends.unbegun], worker=worker)
            # A place at a hospital has become free, and others wait for places that no row of theirs tells of.
            more = more or concluded.followed or (lane.calls_outside and rows.due(world, *lane.wakes, now=clock.now()))
    failed = sum(1 for result in results if result.failure)
    turn.delivered += len(results) - failed
    turn.failed += failed
    turn.dead += failed - len(concluded.retries)
    turn.retries += [(when, scope, lane) for when in concluded.retries]
    if more:
        turn.more += [(scope, woken) for woken in lane.wakes]


def put_back_connections() -> None:
    """Return this thread's connections to the pool."""
    for connection in connections.all(initialized_only=True):
        connection.close()


def _caps(scope: str, lane: Lane) -> rows.Caps:
    """How much of each hospital may be under way at once: the hospital's own limit where the outside is called, and
    one less for what nobody waits for."""
    if not lane.calls_outside:
        return rows.Caps(usual=_UNLIMITED, by_hospital={}, exact=False)
    if scope != REGION:
        return rows.Caps(usual=calls_at_once(registry.tenant(scope), lane), by_hospital={}, exact=True)
    by_hospital = {info.code: calls_at_once(info, lane) for info in registry.hospitals()}
    return rows.Caps(usual=_UNLIMITED, by_hospital=by_hospital, exact=True)
