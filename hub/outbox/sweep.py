"""The sweep: look into every schema for what nobody woke the relay for, and measure the queues on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import connections

from hub import clock
from hub.errors import HubError
from hub.journal.world import World, all_scopes, open_scope, world_of
from hub.outbox import metrics, rows
from hub.outbox.models import Lane

logger = logging.getLogger(__name__)

_COUNTS = """
SELECT
    (SELECT json_object_agg(lane, number)
     FROM (SELECT lane, count(*) AS number FROM {outbox} WHERE state = 'pending' GROUP BY lane) AS waiting),
    (SELECT count(*) FROM {outbox} WHERE state = 'dead'),
    (SELECT min(available_at) FROM {outbox} WHERE state = 'pending'),
    (SELECT count(*) FROM {pending})
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a schema holds: lanes with due rows and how many entries wait for a seal."""

    lanes: list[Lane]
    unsealed: int


def sweep(put: Callable[[str, Lane], None]) -> list[str]:
    """Queue every scope with due rows by `put`; returns the scopes with unsealed audit entries.

    A schema that can't be read (a node is down, a hospital is just leaving) does not keep the others waiting.
    """
    unsealed: list[str] = []
    with metrics.SWEEP.time():
        for scope in all_scopes():
            try:
                found = look(scope)
            except (DatabaseError, HubError) as problem:
                logger.warning("sweep: can't be read", extra={"scope": scope, "failure": type(problem).__name__})
                continue
            for lane in found.lanes:
                put(scope, lane)
            if found.unsealed:
                unsealed.append(scope)
    return unsealed


def look(scope: str) -> Found:
    """Measure one schema's queues."""
    world, now = world_of(scope), clock.now()
    with open_scope(scope, read_only=True):
        found, dead, oldest, unsealed = _counts(world)
        waiting = {lane: found.get(lane, 0) for lane in Lane}
        lanes = [lane for lane, count in waiting.items() if count and rows.due(world, lane, now=now)]
    for lane, count in waiting.items():
        metrics.PENDING.labels(scope, lane).set(count)
    metrics.DEAD.labels(scope).set(dead)
    metrics.OLDEST.labels(scope).set(max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
    metrics.UNSEALED.labels(scope).set(unsealed)
    return Found(lanes, unsealed)


def _counts(world: World) -> tuple[dict[str, int], int, datetime | None, int]:
    with connections[world.alias].cursor() as cursor:
        cursor.execute(_COUNTS.format(outbox=world.outbox, pending=world.pending))
        [(waiting, dead, oldest, unsealed)] = cursor.fetchall()
    return waiting or {}, dead, oldest, unsealed
