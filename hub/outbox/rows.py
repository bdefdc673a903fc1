"""The outbox's own SQL: claim rows under a lease, finish them, send them back, see what is due.

Times are parameters, never now(): a distributed schema has no one now() per transaction. Claims and endings commit
without waiting for the disk: if the server loses one, the row is delivered again, which every receiver withstands.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connections

from hub.journal.flush import UNDER_WAY, Ending, Lease, NewDelivery
from hub.journal.world import World
from hub.outbox.models import Lane
from hub.tenancy.statements import Statement

# Two relays counting at once would both find room for the last place of a cap.
COUNTING = 7304564
"""The turn of a scope in which a cap is to be kept."""

_COUNT = "SELECT pg_try_advisory_xact_lock(%(turn)s, hashtext(%(scope)s))"

# A row that can be claimed: due, not under lease, and the first unfinished one of its handler and aggregate.
_DUE_ROW = """o.state = 'pending' AND o.available_at <= %(now)s
    AND (o.lease_until IS NULL OR o.lease_until <= %(now)s)
    AND o.id = (
        SELECT e.id FROM {outbox} e
        WHERE e.handler = o.handler AND e.aggregate = o.aggregate AND e.state IN ('pending', 'dead')
        ORDER BY e.id LIMIT 1
    )"""

# One group per hospital with pending rows, found by skipping along the index, in an order shuffled by a salt; of each
# group an equal share of its oldest due rows, until the batch is full. So a turn is shared by all who wait, and its
# cost follows the number of hospitals and the size of the batch, not the backlog. Where a cap is to be kept, calls
# under way count against it, whichever lane they came by. Scalars and arrays in place of joins keep the plan the same
# whatever a queue's stale statistics say. Rows are locked as they are found, so that claims at the same time pass each
# other by.
_CLAIM = """
WITH RECURSIVE hospitals AS (
    (SELECT hospital FROM {outbox} WHERE state = 'pending' AND lane = %(lane)s ORDER BY hospital LIMIT 1)
    UNION ALL
    SELECT (
        SELECT n.hospital FROM {outbox} n
        WHERE n.state = 'pending' AND n.lane = %(lane)s AND n.hospital > h.hospital
        ORDER BY n.hospital LIMIT 1
    )
    FROM hospitals h WHERE h.hospital IS NOT NULL
), groups AS (
    SELECT hospital, coalesce((%(caps)s::jsonb ->> hospital)::int, %(cap)s) AS cap, count(*) OVER () AS number
    FROM hospitals WHERE hospital IS NOT NULL
    ORDER BY md5(hospital || %(salt)s)
), heads AS (
    SELECT head.id FROM groups g
    CROSS JOIN LATERAL (
        SELECT o.id FROM {outbox} o
        WHERE o.hospital = g.hospital AND o.lane = %(lane)s AND {due_row}
        ORDER BY o.id
        LIMIT least(%(batch)s / g.number + 1, greatest(g.cap - CASE WHEN %(exact)s THEN {under_way} ELSE 0 END, 0))
        FOR UPDATE OF o SKIP LOCKED
    ) head
    LIMIT %(batch)s + 1
)
UPDATE {outbox} SET lease_by = %(worker)s, lease_until = %(until)s, attempts = attempts + 1
WHERE id = ANY(ARRAY(SELECT id FROM heads LIMIT %(batch)s))
RETURNING id, event_id, handler, hospital, incarnation, payload, request_id, attempts, created_at, lease_until,
    (SELECT count(*) > %(batch)s FROM heads)
"""

_DUE = "SELECT EXISTS (SELECT 1 FROM {outbox} o WHERE o.lane = ANY(%(lanes)s) AND {due_row})"

_FOLLOWED = """EXISTS (
    SELECT 1 FROM {outbox} f
    WHERE f.handler = o.handler AND f.aggregate = o.aggregate AND f.state = 'pending' AND f.id > o.id
)"""

_FINISH = f"""
UPDATE {{outbox}} o SET state = 'done', finished_at = %(now)s, lease_until = NULL
WHERE id = ANY(%(ids)s::bigint[]) AND state = 'pending' AND lease_by = %(worker)s
RETURNING {_FOLLOWED}
"""  # noqa: S608 - names of our own tables

_FINISH_ONE = f"""
UPDATE {{outbox}} o SET state = 'done', finished_at = %(now)s, lease_until = NULL
WHERE id = %(row)s AND state = 'pending' AND lease_by = %(worker)s
RETURNING {_FOLLOWED}
"""  # noqa: S608 - names of our own tables

_FINISH_CALL = f"""
UPDATE {{outbox}} o SET state = 'done', finished_at = %(now)s, lease_until = NULL
WHERE id = %(row)s AND state = 'pending' AND lease_by = %(worker)s
RETURNING {_FOLLOWED} OR EXISTS (SELECT 1 FROM {{outbox}} o WHERE o.lane = ANY(%(lanes)s) AND {{due_row}})
"""  # noqa: S608 - names of our own tables

_RECEIVE = """
INSERT INTO {inbox} (source, incarnation, event_id, handler, received_at)
VALUES (%(source)s, %(incarnation)s, %(event)s, %(handler)s, %(now)s)
ON CONFLICT (event_id, handler, source, incarnation) DO NOTHING
RETURNING true
"""

_FAIL = """
WITH failed AS (
    UPDATE {outbox}
    SET state = %(state)s::text, available_at = %(available)s, lease_by = NULL, lease_until = NULL,
        last_error = %(error)s,
        finished_at = CASE WHEN %(state)s::text = 'dead' THEN %(now)s::timestamptz END
    WHERE id = %(id)s AND state = 'pending' AND lease_by = %(worker)s
    RETURNING id, attempts
)
INSERT INTO {attempt} (outbox_id, attempt, finished_at, worker, permanent, error)
SELECT id, attempts, %(now)s, %(worker)s::uuid, %(permanent)s, %(error)s FROM failed
RETURNING 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A row under lease."""

    id: int
    event_id: UUID
    handler: str
    hospital: str
    incarnation: int
    payload: dict[str, Any]
    request_id: str
    attempt: int
    created_at: datetime
    lease_until: datetime

    @classmethod
    def just_published(cls, delivery: NewDelivery, row_id: int, lease: Lease) -> Claimed:
        """A row that its publisher stored under its own lease."""
        return cls(
            id=row_id,
            event_id=delivery.event_id,
            handler=delivery.handler,
            hospital=delivery.hospital,
            incarnation=delivery.incarnation,
            payload=delivery.payload,
            request_id=delivery.request_id,
            attempt=1,
            created_at=delivery.created_at,
            lease_until=lease.call.until if lease.call and delivery.lane != Lane.INTERNAL else lease.until,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many rows of a hospital may be under way at once in a lane: `usual`, and the hospitals that differ."""

    usual: int
    by_hospital: Mapping[str, int]
    exact: bool


def claim(
    world: World, lane: Lane, *, worker: UUID, now: datetime, lease: timedelta, batch: int, caps: Caps
) -> tuple[list[Claimed], bool]:
    """Take at most `batch` due rows, in order of id, and say whether there are more; in the scope's transaction, which
    has its turn at `COUNTING` if the caps are exact."""
    found = _statement(_CLAIM, world).rows(
        lane=lane.value,
        worker=worker,
        now=now,
        until=now + lease,
        batch=batch,
        cap=caps.usual,
        caps=json.dumps(dict(caps.by_hospital)),
        exact=caps.exact,
        salt=secrets.token_hex(4),
    )
    return sorted((_claimed(row[:-1]) for row in found), key=lambda row: row.id), any(row[-1] for row in found)


def may_count(world: World, scope: str) -> bool:
    """Take the turn of a hospital in which its calls are counted, until the end of the transaction, unless somebody has
    it: what is counted from then on is exact."""
    [(taken,)] = _statement(_COUNT, world).rows(turn=COUNTING, scope=scope)
    return bool(taken)


def finish(world: World, ids: Sequence[int], *, worker: UUID, now: datetime) -> bool:
    """Mark rows delivered, and say whether others of their handlers and aggregates have waited for that.

    `lease_by` goes on saying by whom. A row whose lease went to another is left to that.
    """
    found = _statement(_FINISH, world).rows(now=now, ids=list(ids), worker=worker)
    return any(followed for (followed,) in found)


def finishing(world: World, row: Claimed, *, worker: UUID) -> Ending:
    """Mark one row delivered: returns whether another waited for it, or nothing if its lease went to another."""
    return Ending(sql=_statement(_FINISH_ONE, world).sql, parameters={"row": row.id, "worker": worker})


def finishing_call(world: World, row: Claimed, lane: Lane, *, worker: UUID) -> Ending:
    """The same for a call to the outside, with whose end a place at the hospital becomes free: returns whether any row
    that may use it could be claimed now."""
    told = {"row": row.id, "worker": worker, "lanes": [woken.value for woken in lane.wakes]}
    return Ending(sql=_statement(_FINISH_CALL, world).sql, parameters=told)


def receiving(world: World, source: str, row: Claimed) -> Ending:
    """Note an event from elsewhere as handled: returns true, or nothing if it was noted before."""
    told = {"source": source, "incarnation": row.incarnation, "event": row.event_id, "handler": row.handler}
    return Ending(sql=_statement(_RECEIVE, world).sql, parameters=told)


def fail(
    world: World,
    row: Claimed,
    *,
    worker: UUID,
    now: datetime,
    available: datetime,
    error: str,
    permanent: bool,
    dead: bool,
) -> bool:
    """Send a row back for another attempt, or to the dead letters; records the attempt."""
    recorded = _statement(_FAIL, world).row(
        id=row.id,
        worker=worker,
        now=now,
        available=available,
        error=error,
        permanent=permanent,
        state="dead" if dead else "pending",
    )
    return recorded is not None


def release(world: World, ids: Sequence[int], *, worker: UUID) -> None:
    """Give back rows claimed and not begun (a stopping relay)."""
    with connections[world.alias].cursor() as cursor:
        cursor.execute(
            f"UPDATE {world.outbox} SET lease_by = NULL, lease_until = NULL, attempts = attempts - 1"  # noqa: S608
            " WHERE id = ANY(%s) AND state = 'pending' AND lease_by = %s",
            [list(ids), worker],
        )


def due(world: World, *lanes: Lane, now: datetime) -> bool:
    """Whether a row of these lanes could be claimed now."""
    [(found,)] = _statement(_DUE, world).rows(lanes=[lane.value for lane in lanes], now=now)
    return bool(found)


@cache
def _statement(template: str, world: World) -> Statement:
    text = template.format(
        outbox=world.outbox,
        inbox=world.inbox,
        attempt=world.attempt,
        due_row=_DUE_ROW.format(outbox=world.outbox),
        under_way=UNDER_WAY.format(outbox=world.outbox, hospital="g.hospital"),
    )
    return Statement(world.alias, text)


def _claimed(row: tuple[Any, ...]) -> Claimed:
    names = ("id", "event_id", "handler", "hospital", "incarnation", "payload", "request_id", "attempt", "created_at")
    values = dict(zip((*names, "lease_until"), row, strict=True))
    values["payload"] = json.loads(values["payload"])
    return Claimed(**values)
