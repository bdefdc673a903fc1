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
from typing import Any
from uuid import UUID

from django.db import connections

from hub.journal.world import World
from hub.outbox.models import Lane

_CLAIM_LOCK = 0x6F7574  # class of the advisory locks that serialise capped claims; the second number is the scope's
_ASYNCHRONOUS = "SELECT set_config('synchronous_commit', 'off', true)"

# One group per hospital with pending rows, found by skipping along the index, so that the cost follows the number of
# hospitals and not the backlog. From each group the oldest rows that are due, unleased and not behind an unfinished row
# of the same handler and aggregate. Groups with fewer rows in flight come first; equals are shuffled by a salt.
_CLAIM = """
WITH RECURSIVE hospitals AS (
    (SELECT hospital FROM {outbox} WHERE state = 'pending' AND lane = %(lane)s ORDER BY hospital LIMIT 1)
    UNION ALL
    SELECT (SELECT n.hospital FROM {outbox} n
            WHERE n.state = 'pending' AND n.lane = %(lane)s AND n.hospital > h.hospital
            ORDER BY n.hospital LIMIT 1)
    FROM hospitals h WHERE h.hospital IS NOT NULL
), heads AS (
    SELECT head.id, h.hospital, busy.n + row_number() OVER (PARTITION BY h.hospital ORDER BY head.id) AS turn
    FROM hospitals h
    CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM {outbox} b
        WHERE b.state = 'pending' AND b.lane = %(lane)s AND b.hospital = h.hospital AND b.lease_until > %(now)s
    ) busy
    CROSS JOIN LATERAL (
        SELECT o.id FROM {outbox} o
        WHERE o.state = 'pending' AND o.lane = %(lane)s AND o.hospital = h.hospital AND o.available_at <= %(now)s
          AND (o.lease_until IS NULL OR o.lease_until <= %(now)s)
          AND NOT EXISTS (
              SELECT 1 FROM {outbox} e
              WHERE e.handler = o.handler AND e.aggregate = o.aggregate AND e.id < o.id
                AND e.state IN ('pending', 'dead')
          )
        ORDER BY o.id
        LIMIT least(%(batch)s, greatest(
            coalesce((%(caps)s::jsonb ->> h.hospital)::int, %(cap)s) - busy.n, 0))
    ) head
    WHERE h.hospital IS NOT NULL
)
UPDATE {outbox} SET lease_by = %(worker)s, lease_until = %(until)s, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM {outbox}
    WHERE id IN (SELECT id FROM heads ORDER BY turn, md5(hospital || %(salt)s) LIMIT %(batch)s)
      AND state = 'pending' AND (lease_until IS NULL OR lease_until <= %(now)s)
    FOR UPDATE SKIP LOCKED
)
RETURNING id, event_id, handler, hospital, incarnation, payload, request_id, attempts, created_at, lease_until
"""

_DUE = """
SELECT EXISTS (
    SELECT 1 FROM {outbox} o
    WHERE o.state = 'pending' AND o.lane = %(lane)s AND o.available_at <= %(now)s
      AND (o.lease_until IS NULL OR o.lease_until <= %(now)s)
      AND NOT EXISTS (
          SELECT 1 FROM {outbox} e
          WHERE e.handler = o.handler AND e.aggregate = o.aggregate AND e.id < o.id AND e.state IN ('pending', 'dead')
      )
)
"""

_FAIL = """
WITH failed AS (
    UPDATE {outbox}
    SET state = %(state)s, available_at = %(available)s, lease_by = NULL, lease_until = NULL, last_error = %(error)s,
        finished_at = CASE WHEN %(state)s = 'dead' THEN %(now)s::timestamptz END
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many rows of a hospital may be under way at once in a lane: `usual`, and the hospitals that differ."""

    usual: int
    by_hospital: Mapping[str, int]
    exact: bool


def claim(
    world: World, scope: str, lane: Lane, *, worker: UUID, now: datetime, lease: timedelta, batch: int, caps: Caps
) -> list[Claimed]:
    """Take at most `batch` due rows, in order of id; must run inside the scope's transaction."""
    parameters = {
        "lane": lane.value,
        "worker": worker,
        "now": now,
        "until": now + lease,
        "batch": batch,
        "cap": caps.usual,
        "caps": json.dumps(dict(caps.by_hospital)),
        "salt": secrets.token_hex(4),
    }
    with connections[world.alias].cursor() as cursor:
        if caps.exact:  # two relays counting at once would both find room for the last place
            cursor.execute(f"{_ASYNCHRONOUS}, pg_advisory_xact_lock({_CLAIM_LOCK}, hashtext(%s))", [scope])
        else:
            cursor.execute(_ASYNCHRONOUS)
        cursor.execute(_CLAIM.format(outbox=world.outbox), parameters)
        rows = cursor.fetchall()
    return sorted((_claimed(row) for row in rows), key=lambda row: row.id)


def finish(world: World, ids: Sequence[int], *, worker: UUID, now: datetime) -> None:
    """Mark rows delivered; a row whose lease was lost to another worker is left to that one."""
    with connections[world.alias].cursor() as cursor:
        cursor.execute(
            f"UPDATE {world.outbox} SET state = 'done', finished_at = %s, lease_by = NULL, lease_until = NULL"  # noqa: S608
            " WHERE id = ANY(%s) AND state = 'pending' AND lease_by = %s",
            [now, list(ids), worker],
        )


def finish_statement(world: World) -> str:
    """Mark one row delivered, returning it: the first statement of a handler that runs in the row's own schema."""
    return (
        f"UPDATE {world.outbox} SET state = 'done', finished_at = %s, lease_by = NULL, lease_until = NULL"  # noqa: S608
        " WHERE id = %s AND state = 'pending' AND lease_by = %s RETURNING 1"
    )


def inbox_statement(world: World) -> str:
    """Note an event as handled, returning nothing if it was noted before."""
    return (
        f"INSERT INTO {world.inbox} (source, incarnation, event_id, handler, received_at)"  # noqa: S608
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (event_id, handler, source, incarnation) DO NOTHING RETURNING 1"
    )


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
    with connections[world.alias].cursor() as cursor:
        cursor.execute(
            _FAIL.format(outbox=world.outbox, attempt=world.attempt),
            {
                "id": row.id,
                "worker": worker,
                "now": now,
                "available": available,
                "error": error,
                "permanent": permanent,
                "state": "dead" if dead else "pending",
            },
        )
        return cursor.fetchone() is not None


def release(world: World, ids: Sequence[int], *, worker: UUID) -> None:
    """Give back rows claimed and not begun (a stopping relay)."""
    with connections[world.alias].cursor() as cursor:
        cursor.execute(
            f"UPDATE {world.outbox} SET lease_by = NULL, lease_until = NULL, attempts = attempts - 1"  # noqa: S608
            " WHERE id = ANY(%s) AND state = 'pending' AND lease_by = %s",
            [list(ids), worker],
        )


def relax(world: World) -> None:
    """Let this transaction commit without waiting for the disk."""
    with connections[world.alias].cursor() as cursor:
        cursor.execute(_ASYNCHRONOUS)


def due(world: World, lane: Lane, *, now: datetime) -> bool:
    """Whether a row could be claimed now."""
    with connections[world.alias].cursor() as cursor:
        cursor.execute(_DUE.format(outbox=world.outbox), {"lane": lane.value, "now": now})
        [(found,)] = cursor.fetchall()
    return bool(found)


def _claimed(row: tuple[Any, ...]) -> Claimed:
    names = ("id", "event_id", "handler", "hospital", "incarnation", "payload", "request_id", "attempt", "created_at")
    values = dict(zip((*names, "lease_until"), row, strict=True))
    values["payload"] = json.loads(values["payload"])
    return Claimed(**values)
