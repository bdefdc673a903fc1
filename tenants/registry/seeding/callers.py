"""Who calls in the demo's hospitals: the first at the hub's own pages, the others by their own systems."""

from __future__ import annotations

from dataclasses import replace

from hub import clock
from hub.actor import Actor
from hub.tenancy.scope import hospital
from tenants.queueing import selectors, services
from tenants.queueing.rules import Caller, Rules
from tenants.registry.seeding.outside import HUB_CALLS


def store(rows: list[dict[str, str]], *, actor: Actor) -> int:
    """Set the rule where nobody has set any yet; how many."""
    changed = 0
    for row in rows[HUB_CALLS:]:
        with hospital(row["code"], read_only=True):
            fresh = not selectors.rules_were_set()
        if fresh:
            services.set_rules(
                actor=actor,
                hospital=row["code"],
                rules=replace(Rules(), caller=Caller.HOSPITAL),
                effective_from=clock.now(),
            )
            changed += 1
    return changed
