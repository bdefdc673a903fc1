"""What a unit of work leaves behind, in one statement: audit entries, their pending marks, events and answers, and the
end of the delivery it carried out.

Data-modifying CTEs make it one round trip and one plan however much there is to write, and they run on a distributed
schema as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from hub.audit import entries
from hub.journal.world import World
from hub.tenancy.statements import Write, counts_of, parts_of, texts_of, values_of

_AUDIT_TYPES = {"at": "timestamptz", "actor_id": "uuid", "detail": "jsonb"}
_OUTBOX_TYPES = {
    "event_id": "uuid",
    "version": "smallint",
    "payload": "jsonb",
    "created_at": "timestamptz",
    "incarnation": "int",
}
_OUTBOX = (
    "event_id",
    "name",
    "version",
    "handler",
    "aggregate",
    "hospital",
    "incarnation",
    "lane",
    "payload",
    "request_id",
    "created_at",
)
_ANSWER = ("institution", "actor", "name", "key", "response")
_KEPT = "(SELECT json_agg(json_build_array(id, event_id, handler) ORDER BY id) FROM event WHERE lease_by IS NOT NULL)"
# A row may be stored under its publisher's lease if nothing of its handler and aggregate waits before it.
_FIRST = """NOT EXISTS (
    SELECT 1 FROM {outbox} e
    WHERE e.handler = v.handler AND e.aggregate = v.aggregate AND e.state IN ('pending', 'dead')
)"""
UNDER_WAY = """(
    SELECT count(*) FROM {outbox} b
    WHERE b.state = 'pending' AND b.lane IN ('outside', 'bulk') AND b.hospital = {hospital} AND b.lease_until > %(now)s
)"""
"""How many calls to a hospital are under way, of both lanes; they are counted by one at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The response stored under a key claimed before, by this unit or an earlier one."""

    institution: str
    actor: str
    name: str
    key: str
    response: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Under which the publisher keeps the rows it is going to run itself (`hub/outbox/onward.py`)."""

    worker: UUID
    until: datetime
    call: CallLease | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLease:
    """The lease of one call to the hospital, if that leaves at most `cap` of them under way; the publisher has the turn
    in which they are counted."""

    until: datetime
    cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A last statement of the unit that goes along: it returns one boolean, or no row. Its parameters' names are its
    own, but for `now`."""

    sql: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """An outbox row about to be written; the fields are the columns."""

    event_id: UUID
    name: str
    version: int
    handler: str
    aggregate: str
    hospital: str
    incarnation: int
    lane: str
    payload: dict[str, Any]
    request_id: str
    created_at: datetime


def statement(
    world: World,
    *,
    audits: Sequence[dict[str, Any]],
    deliveries: Sequence[NewDelivery],
    answers: Sequence[Answer],
    now: datetime,
    lease: Lease | None = None,
    ending: Ending | None = None,
    writes: Sequence[Write] = (),
    relaxed: bool = False,
) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters; its one row counts the answers that found their command, lists id, event and
    handler of the rows that were stored under `lease`, tells what `ending` returned (None: no row), and counts the rows
    of each of `writes`. After a `relaxed` one the commit does not wait for the disk.

    Each kind of row is one JSON list, so that a statement is the same, and planned once, however many rows it writes.
    """
    parameters: dict[str, Any] = values_of(writes)
    if ending:
        parameters |= {**ending.parameters, "now": now}
    if audits:
        parameters["audits"] = _listed(_audit(row) for row in audits)
    if deliveries:
        parameters["deliveries"] = _listed(
            {name: getattr(delivery, name) for name in _OUTBOX} for delivery in deliveries
        )
        if lease:
            parameters |= {"lease_by": lease.worker, "lease_until": lease.until}
        if lease and lease.call:
            parameters |= {"call_until": lease.call.until, "cap": lease.call.cap, "now": now}
    if answers:
        listed = _listed({name: getattr(answer, name) for name in _ANSWER} for answer in answers)
        parameters |= {"now": now, "answers": listed}
    sql = _written(
        world,
        audits=bool(audits),
        deliveries=_at_most(deliveries),
        answers=_at_most(answers),
        leased=lease is not None,
        calls=lease is not None and lease.call is not None,
        ending=ending.sql if ending else "",
        writes=texts_of(writes),
        relaxed=relaxed,
    )
    return sql, parameters


def _at_most(rows: Sequence[object]) -> int:
    """What the planner is told of a list's length: it takes any list for 100 rows, and for those it reads a whole table
    where it should look up one row. Powers of four, so that few statements are planned."""
    limit = min(len(rows), 1)
    while limit < len(rows):
        limit *= 4
    return limit


@lru_cache(maxsize=4096)
def _written(
    world: World,
    *,
    audits: bool,
    deliveries: int,
    answers: int,
    leased: bool,
    calls: bool,
    ending: str,
    writes: tuple[str, ...],
    relaxed: bool,
) -> str:
    parts = parts_of(writes)
    if ending:
        parts.append(f"ending (found) AS ({ending})")
    if audits:
        listed = ", ".join(entries.COLUMNS)
        read = ", ".join("decode(mac, 'hex')" if name == "mac" else name for name in entries.COLUMNS)
        parts.append(
            f"entry AS (INSERT INTO {world.audit} ({listed})"  # noqa: S608
            f" SELECT {read} FROM {_records('audits', entries.COLUMNS, _AUDIT_TYPES)} RETURNING id, at)"
        )
        parts.append(f"mark AS (INSERT INTO {world.pending} (audit_id, at) SELECT id, at FROM entry)")  # noqa: S608
    if deliveries:
        parts.append(_events(world, at_most=deliveries, leased=leased, calls=calls))
    if answers:
        parts.append(
            f"answer AS (UPDATE {world.command} c SET response = v.response, answered_at = %(now)s"  # noqa: S608
            f" FROM {_records('answers', _ANSWER, {'response': 'jsonb'}, answers)}"
            " WHERE c.institution_code = v.institution AND c.actor = v.actor AND c.name = v.name AND c.key = v.key"
            " RETURNING 1)"
        )
    counted = "(SELECT count(*) FROM answer)" if answers else "0"
    kept = _KEPT if deliveries and leased else "NULL"
    found = "(SELECT bool_or(found) FROM ending)" if ending else "NULL"
    columns = [counted, kept, found, *counts_of(writes)]
    if relaxed:
        columns.append("set_config('synchronous_commit', 'off', true)")
    return f"WITH {', '.join(parts)} SELECT {', '.join(columns)}"


def _events(world: World, *, at_most: int, leased: bool, calls: bool) -> str:
    """A lease, where there is one, is for the first row of its handler and aggregate, in this unit and before it; with
    `calls` also for the unit's first row that somebody waits for outside, if the hospital has a place left."""
    columns, rows = ", ".join(_OUTBOX), _records("deliveries", _OUTBOX, _OUTBOX_TYPES, at_most)
    stored = "'pending', 0, v.created_at, ''"
    if not leased:
        return (
            f"event AS (INSERT INTO {world.outbox} ({columns}, state, attempts, available_at, last_error)"  # noqa: S608
            f" SELECT {columns}, {stored} FROM {rows})"
        )
    listed = ", ".join(f"v.{column}" for column in _OUTBOX)
    mine, until = "v.lane = 'internal'", "%(lease_until)s::timestamptz"
    if calls:
        under_way = UNDER_WAY.format(outbox=world.outbox, hospital="v.hospital")
        first_call = "row_number() OVER (PARTITION BY v.lane ORDER BY v.event_id) = 1"
        mine = f"({mine} OR v.lane = 'outside' AND {first_call} AND {under_way} < %(cap)s::int)"
        until = f"CASE v.lane WHEN 'outside' THEN %(call_until)s::timestamptz ELSE {until} END"
    return (
        "given AS (SELECT v.*, row_number() OVER (PARTITION BY v.handler, v.aggregate ORDER BY v.event_id) = 1"  # noqa: S608
        f" AND {mine} AND {_FIRST.format(outbox=world.outbox)} AS first,"
        f" %(lease_by)s::uuid AS worker, {until} AS until FROM {rows}),"
        f" event AS (INSERT INTO {world.outbox}"
        f" ({columns}, state, attempts, available_at, last_error, lease_by, lease_until)"
        f" SELECT {listed}, 'pending', CASE WHEN v.first THEN 1 ELSE 0 END, v.created_at, '',"
        " CASE WHEN v.first THEN v.worker END, CASE WHEN v.first THEN v.until END FROM given v ORDER BY v.event_id"
        " RETURNING id, event_id, handler, lease_by)"
    )


def _records(parameter: str, columns: Sequence[str], types: dict[str, str], at_most: int = 0) -> str:
    described = ", ".join(f"{column} {types.get(column, 'text')}" for column in columns)
    listed = f"json_to_recordset(%({parameter})s::json) AS v ({described})"
    return f"(SELECT * FROM {listed} LIMIT {at_most}) AS v" if at_most else listed  # noqa: S608 - a number of ours


def _audit(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "mac": row["mac"].hex()}


def _listed(rows: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
