"""The relay's slow duties: hourly anchors of the audit chains, nightly removal of journal rows that have served."""

from __future__ import annotations

from datetime import timedelta

from hub import clock
from hub.actor import system_actor
from hub.audit import anchors
from hub.journal.world import all_scopes, world_of
from hub.outbox import wake
from hub.recovery import cleanups, metrics
from hub.recovery.cleanups import Doomed
from hub.recovery.errors import CleanupRefused

# How long rows are kept: delivered events for an operator's questions, handled ones for as long as a repeat can come
# (a dead letter may be replayed weeks later), commands for as long as a client may repeat one.
DELIVERED = timedelta(days=14)
HANDLED = timedelta(days=90)
COMMANDS = timedelta(days=7)
NAME = "journal"
ACTOR = system_actor("hub.outbox.housekeeping")
_DAY = 86_400.0


def run_if_due() -> None:
    """Do what is due; the relays of an installation take turns. Clean-ups wait until the peak hours are over."""
    metrics.observe()
    if anchors.is_due(clock.now()) and wake.lead("anchor", 300.0):
        anchors.anchor()
    if not cleanups.in_peak(clock.now()) and wake.lead("purge", _DAY):
        for scope in all_scopes():
            try:
                cleanups.clean_out(scope, _doomed(scope), actor=ACTOR)
            except CleanupRefused:
                continue  # written down where it was refused; the next night is another chance


def purge(scope: str) -> int:
    """Remove one batch of rows past their time from each table; how many. Each is put aside and read back before."""
    return sum(cleanups.clean(scope, doomed, actor=ACTOR) for doomed in _doomed(scope))


def _doomed(scope: str) -> list[Doomed]:
    world, now = world_of(scope), clock.now()
    done = "state = 'done' AND finished_at < {before}"
    return [
        Doomed(
            name=NAME,
            table=world.attempt,
            condition=f"outbox_id IN (SELECT id FROM {world.outbox} WHERE {done})",  # noqa: S608
            before=now - DELIVERED,
        ),
        Doomed(name=NAME, table=world.outbox, condition=done, before=now - DELIVERED),
        Doomed(name=NAME, table=world.inbox, condition="received_at < {before}", before=now - HANDLED),
        Doomed(name=NAME, table=world.command, condition="created_at < {before}", before=now - COMMANDS),
    ]
