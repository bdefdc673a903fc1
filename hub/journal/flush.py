"""What a unit of work leaves behind, in one statement: audit entries, their pending marks, events and answers.

Data-modifying CTEs make it one round trip and one plan however much there is to write, and they run on a distributed
schema as they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.audit import entries
from hub.journal.world import World

_AUDIT_CASTS = {"at": "timestamptz", "actor_id": "uuid", "detail": "jsonb"}
_OUTBOX_CASTS = {
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
    """The statement and its parameters; its one row counts the answers that found their command."""
    parts: list[str] = []
    parameters: list[Any] = []
    if audits:
        parts.append(
            f"entry AS (INSERT INTO {world.audit} ({', '.join(entries.COLUMNS)})"  # noqa: S608
            f" VALUES {_values(entries.COLUMNS, _AUDIT_CASTS, len(audits))} RETURNING id, at)"
        )
        parts.append(f"mark AS (INSERT INTO {world.pending} (audit_id, at) SELECT id, at FROM entry)")  # noqa: S608
        for row in audits:
            parameters += [json.dumps(row[c], ensure_ascii=False) if c == "detail" else row[c] for c in entries.COLUMNS]
    if deliveries:
        parts.append(
            f"event AS (INSERT INTO {world.outbox}"  # noqa: S608
            f" ({', '.join(_OUTBOX)}, state, attempts, available_at, last_error)"
            f" SELECT v.*, 'pending', 0, v.created_at, ''"
            f" FROM (VALUES {_values(_OUTBOX, _OUTBOX_CASTS, len(deliveries))}) AS v ({', '.join(_OUTBOX)}))"
        )
        for delivery in deliveries:
            values = [getattr(delivery, column) for column in _OUTBOX]
            values[_OUTBOX.index("payload")] = json.dumps(delivery.payload, ensure_ascii=False)
            parameters += values
    if answers:
        parts.append(_answering(world, answers))
        parameters += _answer_parameters(answers, now)
    counted = "(SELECT count(*) FROM answer)" if answers else "0"
    return f"WITH {', '.join(parts)} SELECT {counted}", parameters


def _answering(world: World, answers: Sequence[Answer]) -> str:
    given = ", ".join(["(%s, %s, %s, %s, %s::jsonb)"] * len(answers))
    return (
        f"answer AS (UPDATE {world.command} c SET response = v.response, answered_at = %s"  # noqa: S608
        f" FROM (VALUES {given}) AS v (institution, actor, name, key, response)"
        " WHERE c.institution_code = v.institution AND c.actor = v.actor AND c.name = v.name AND c.key = v.key"
        " RETURNING 1)"
    )


def _answer_parameters(answers: Sequence[Answer], now: datetime) -> list[Any]:
    parameters: list[Any] = [now]
    for answer in answers:
        stored = json.dumps(answer.response, ensure_ascii=False)
        parameters += [answer.institution, answer.actor, answer.name, answer.key, stored]
    return parameters


def _values(columns: Sequence[str], casts: dict[str, str], rows: int) -> str:
    one = ", ".join(f"%s::{casts[column]}" if column in casts else "%s" for column in columns)
    return ", ".join([f"({one})"] * rows)
