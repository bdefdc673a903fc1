"""Reading an outbox: dead letters and attempts, for operators' pages and commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections

from hub import clock
from hub.journal.world import open_scope, world_of
from hub.tenancy.scope import REGION


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A delivery that waits for an operator."""

    id: int
    scope: str
    event_id: UUID
    name: str
    handler: str
    aggregate: str
    hospital: str
    attempts: int
    created_at: datetime
    died_at: datetime
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadSearch:
    """What an operator looks for; empty fields don't narrow. `name` is the beginning of an event's name."""

    name: str = ""
    aggregate: str = ""
    text: str = ""


ALL_DEAD = DeadSearch()


def dead_letters(scope: str, *, wanted: DeadSearch = ALL_DEAD, after: int = 0, limit: int = 100) -> list[DeadLetter]:
    """The oldest dead letters of a schema that agree with all of it, from behind the id `after`; one query."""
    world = world_of(scope)
    asked: dict[str, int | str] = {
        "id > %s": after,
        "starts_with(name, %s)": wanted.name,
        "aggregate = %s": wanted.aggregate,
        "position(%s in last_error) > 0": wanted.text,
    }
    chosen = {condition: value for condition, value in asked.items() if value}
    narrowed = "".join(f" AND {condition}" for condition in chosen)
    with open_scope(scope, read_only=True), connections[world.alias].cursor() as cursor:
        cursor.execute(
            "SELECT id, event_id, name, handler, aggregate, hospital, attempts, created_at, finished_at, last_error"  # noqa: S608
            f" FROM {world.outbox} WHERE state = 'dead'{narrowed} ORDER BY id LIMIT %s",
            [*chosen.values(), limit],
        )
        rows = cursor.fetchall()
    return [
        DeadLetter(
            id=outbox_id,
            scope=scope,
            event_id=event_id,
            name=name,
            handler=handler,
            aggregate=aggregate,
            hospital=hospital,
            attempts=attempts,
            created_at=created_at,
            died_at=died_at,
            last_error=last_error,
        )
        for outbox_id, event_id, name, handler, aggregate, hospital, attempts, created_at, died_at, last_error in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideLine:
    """What goes to one party outside: how it went in the last day, and what waits because it failed."""

    handler: str
    delivered: int
    failing: int
    waiting_since: datetime | None
    last_error: str


_OUTSIDE = """
SELECT handler, count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'pending' AND attempts > 0),
       min(created_at) FILTER (WHERE state = 'pending' AND attempts > 0),
       coalesce(max(last_error) FILTER (WHERE state = 'pending' AND attempts > 0), '')
FROM region_outbox
WHERE lane <> 'internal' AND (state = 'pending' OR finished_at > %s)
GROUP BY handler ORDER BY 3 DESC, handler
"""


def outside_lines() -> list[OutsideLine]:
    """The district's lines to parties outside, failing ones first. One query."""
    with open_scope(REGION, read_only=True), connections["default"].cursor() as cursor:
        cursor.execute(_OUTSIDE, [clock.now() - clock.DAY])
        return [
            OutsideLine(handler=name, delivered=done, failing=failing, waiting_since=since, last_error=error[:200])
            for name, done, failing, since, error in cursor.fetchall()
        ]
