"""Searching an audit: for the auditor's pages. Entries are shown as written; whether they are true is `verify.py`'s."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from hub.journal.world import open_scope, world_of

_COLUMNS = (
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "actor_role",
    "institution_code",
    "action",
    "target",
    "outcome",
    "reason",
    "ip",
    "request_id",
    "detail",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One entry as a page shows it."""

    id: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    actor_role: str
    institution_code: str
    action: str
    target: str
    outcome: str
    reason: str
    ip: str
    request_id: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What an auditor looks for; empty fields don't narrow. `action` may be the beginning of one, such as `booking.`"""

    actor_id: UUID | None = None
    actor_name: str = ""
    target: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries_of(scope: str, search: Search, *, before: int | None = None, limit: int = 50) -> list[Recorded]:
    """Entries of one journal, newest first, older than the entry `before`; one query."""
    conditions, parameters = _conditions(search)
    if before is not None:
        conditions.append("id < %s")
        parameters.append(before)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    world = world_of(scope)
    with open_scope(scope, read_only=True), connections[world.alias].cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM {world.audit}{where} ORDER BY id DESC LIMIT %s",  # noqa: S608
            [*parameters, limit],
        )
        rows = [dict(zip(_COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    return [Recorded(**{**row, "detail": json.loads(row["detail"])}) for row in rows]


def _conditions(search: Search) -> tuple[list[str], list[Any]]:
    asked = {
        "actor_id = %s": search.actor_id,
        "actor_name = %s": search.actor_name,
        "target = %s": search.target,
        "starts_with(action, %s)": search.action,
        "outcome = %s": search.outcome,
        "at >= %s": search.since,
        "at < %s": search.until,
    }
    chosen = {condition: value for condition, value in asked.items() if value}
    return list(chosen), list(chosen.values())


def newest_entry(scope: str) -> int:
    """The number of a journal's newest entry, 0 for an empty one; one query."""
    world = world_of(scope)
    with open_scope(scope, read_only=True), connections[world.alias].cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {world.audit}")  # noqa: S608 - a constant of this world
        return int(cursor.fetchone()[0])
