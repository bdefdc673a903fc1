"""What a unit of work leaves behind, in one statement: audit entries, their pending marks, events and answers.

Data-modifying CTEs make it one round trip and one plan however much there is to write, and they run on a distributed
schema as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from hub.audit import entries
from hub.journal.world import World

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The response stored under a key claimed before, by this unit or an earlier one."""

    institution: str
    actor: str
    name: str
    key: str
    response: dict[str, Any]


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
) -> tuple[str, list[Any]]:
    """The statement and its parameters; its one row counts the answers that found their command.

    Each kind of row is one JSON list, so that a statement is the same, and planned once, however many rows it writes.
    """
    parameters: list[Any] = []
    if audits:
        parameters.append(_listed(_audit(row) for row in audits))
    if deliveries:
        parameters.append(_listed({name: getattr(delivery, name) for name in _OUTBOX} for delivery in deliveries))
    if answers:
        given = _listed({name: getattr(answer, name) for name in _ANSWER} for answer in answers)
        parameters += [now, given]
    return _written(world, bool(audits), bool(deliveries), bool(answers)), parameters


@cache
def _written(world: World, audits: bool, deliveries: bool, answers: bool) -> str:
    parts: list[str] = []
    if audits:
        columns = ", ".join(entries.COLUMNS)
        read = ", ".join("decode(mac, 'hex')" if name == "mac" else name for name in entries.COLUMNS)
        parts.append(
            f"entry AS (INSERT INTO {world.audit} ({columns})"  # noqa: S608
            f" SELECT {read} FROM {_records(entries.COLUMNS, _AUDIT_TYPES)} RETURNING id, at)"
        )
        parts.append(f"mark AS (INSERT INTO {world.pending} (audit_id, at) SELECT id, at FROM entry)")  # noqa: S608
    if deliveries:
        parts.append(
            f"event AS (INSERT INTO {world.outbox}"  # noqa: S608
            f" ({', '.join(_OUTBOX)}, state, attempts, available_at, last_error)"
            f" SELECT v.*, 'pending', 0, v.created_at, '' FROM {_records(_OUTBOX, _OUTBOX_TYPES)})"
        )
    if answers:
        parts.append(
            f"answer AS (UPDATE {world.command} c SET response = v.response, answered_at = %s"  # noqa: S608
            f" FROM {_records(_ANSWER, {'response': 'jsonb'})}"
            " WHERE c.institution_code = v.institution AND c.actor = v.actor AND c.name = v.name AND c.key = v.key"
            " RETURNING 1)"
        )
    counted = "(SELECT count(*) FROM answer)" if answers else "0"
    return f"WITH {', '.join(parts)} SELECT {counted}"


def _records(columns: Sequence[str], types: dict[str, str]) -> str:
    described = ", ".join(f"{column} {types.get(column, 'text')}" for column in columns)
    return f"json_to_recordset(%s::json) AS v ({described})"


def _audit(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "mac": row["mac"].hex()}


def _listed(rows: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
