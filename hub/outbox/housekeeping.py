"""The relay's slow duties: hourly anchors of the audit chains, nightly removal of journal rows that have served."""

from __future__ import annotations

from datetime import timedelta

from hub import clock
from hub.actor import system_actor
from hub.audit import anchors
from hub.journal.world import all_scopes, world_of
from hub.outbox import wake
from hub.work import work

# How long rows are kept: delivered events for an operator's questions, handled ones for as long as a repeat can come
# (a dead letter may be replayed weeks later), commands for as long as a client may repeat one.
DELIVERED = timedelta(days=14)
HANDLED = timedelta(days=90)
COMMANDS = timedelta(days=7)
_BATCH = 5000
_DAY = 86_400.0


def run_if_due() -> None:
    """Do what is due; the relays of an installation take turns."""
    if anchors.is_due(clock.now()) and wake.lead("anchor", 300.0):
        anchors.anchor()
    if wake.lead("purge", _DAY):
        for scope in all_scopes():
            while purge(scope):
                pass


def purge(scope: str) -> int:
    """Remove one batch of rows past their time; returns how many. A batch that removed something is audited."""
    world, now = world_of(scope), clock.now()
    statements = {
        world.attempt: (
            f"outbox_id IN (SELECT id FROM {world.outbox} WHERE state = 'done' AND finished_at < %s)",  # noqa: S608
            now - DELIVERED,
        ),
        world.outbox: ("state = 'done' AND finished_at < %s", now - DELIVERED),
        world.inbox: ("received_at < %s", now - HANDLED),
        world.command: ("created_at < %s", now - COMMANDS),
    }
    removed: dict[str, int] = {}
    with work(scope, actor=system_actor("hub.outbox.housekeeping")) as unit:
        for table, (condition, before) in statements.items():
            rows = unit.bookkeep(
                f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {condition} LIMIT {_BATCH})"  # noqa: S608
                " RETURNING 1",
                [before],
            )
            removed[table] = len(rows)
        if any(removed.values()):
            unit.audit("journal.purged", target=f"journal:{scope}", detail=removed)
    return sum(removed.values())
