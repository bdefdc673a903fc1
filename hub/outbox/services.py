"""What an operator does about a dead letter: replay it, or drop it so that its aggregate goes on. Both are audited."""

from __future__ import annotations

from django.db import connections

from hub import clock
from hub.actor import Actor
from hub.journal.world import open_scope, world_of
from hub.outbox import wake
from hub.outbox.errors import NotDead
from hub.outbox.models import Lane
from hub.work import work


def replay(scope: str, outbox_id: int, *, actor: Actor, reason: str) -> None:
    """Let a dead letter be tried again from its first attempt; NotDead if it is none (any more)."""
    lane = _leave_dead(
        scope,
        outbox_id,
        actor=actor,
        reason=reason,
        action="outbox.replayed",
        change="state = 'pending', attempts = 0, available_at = %s, finished_at = NULL",
    )
    wake.rouse(scope, lanes=[lane], seal=False)


def replay_all(scope: str, *, handler: str, actor: Actor, reason: str) -> int:
    """Replay every dead letter of one handler (after a fault is mended); returns how many."""
    with work(scope, actor=actor) as unit:
        found = unit.bookkeep(
            f"UPDATE {unit.world.outbox} SET state = 'pending', attempts = 0, available_at = %s, finished_at = NULL"  # noqa: S608
            " WHERE state = 'dead' AND handler = %s RETURNING id, lane",
            [unit.now, handler],
        )
        if found:
            unit.audit(
                "outbox.replayed",
                target=f"handler:{handler}",
                reason=reason,
                detail={"rows": [outbox_id for outbox_id, _ in found]},
            )
    wake.rouse(scope, lanes={lane for _, lane in found}, seal=False)
    return len(found)


def hasten(scope: str, *, handler: str) -> int:
    """Make due what waits for its next attempt, because what it waited for is there again; returns how many rows.

    When something is tried is no act of anybody's, so nothing is audited.
    """
    world = world_of(scope)
    with open_scope(scope, relaxed=True), connections[world.alias].cursor() as cursor:
        now = clock.now()
        cursor.execute(
            f"UPDATE {world.outbox} SET available_at = %s"  # noqa: S608 - a name of our own tables
            " WHERE state = 'pending' AND handler = %s AND available_at > %s RETURNING lane",
            [now, handler, now],
        )
        lanes = [lane for (lane,) in cursor.fetchall()]
    if lanes:
        wake.rouse(scope, lanes=set(lanes), seal=False)
    return len(lanes)


def drop(scope: str, outbox_id: int, *, actor: Actor, reason: str) -> None:
    """Give a dead letter up: later events of its aggregate are delivered again; NotDead if it is none (any more)."""
    lane = _leave_dead(
        scope,
        outbox_id,
        actor=actor,
        reason=reason,
        action="outbox.dropped",
        change="state = 'dropped', finished_at = %s",
    )
    wake.rouse(scope, lanes=[lane], seal=False)


def _leave_dead(scope: str, outbox_id: int, *, actor: Actor, reason: str, action: str, change: str) -> Lane:
    with work(scope, actor=actor) as unit:
        found = unit.bookkeep(
            f"UPDATE {unit.world.outbox} SET {change} WHERE id = %s AND state = 'dead'"  # noqa: S608
            " RETURNING lane, handler, event_id, last_error",
            [unit.now, outbox_id],
        )
        if not found:
            raise NotDead(detail={"outbox_row": outbox_id})
        [(lane, handler, event_id, last_error)] = found
        unit.audit(
            action,
            target=f"outbox:{outbox_id}",
            reason=reason,
            detail={"handler": handler, "event": str(event_id), "last_error": last_error},
        )
    return Lane(lane)
