"""Driving deliveries in this thread, until nothing is due: tests and drills."""

from __future__ import annotations

from dataclasses import dataclass

from hub import ids
from hub.journal.world import all_scopes
from hub.outbox import turn
from hub.outbox.models import Lane
from hub.outbox.policy import lane_policy


@dataclass(slots=True)
class Drained:
    """What a drain did."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0


def drain(*, outside: bool = True, max_rounds: int = 200) -> Drained:
    """Run every due delivery of all worlds in this thread, scope by scope in turn, until a round finds none.

    A failed delivery is due again only after its pause, so a drain ends although it failed.
    """
    done, worker = Drained(), ids.uuid7()
    policies = [lane_policy(lane) for lane in Lane if outside or lane is Lane.INTERNAL]
    for _ in range(max_rounds):
        turns = [turn.take(scope, policy, worker=worker) for scope in all_scopes() for policy in policies]
        done.delivered += sum(one.delivered for one in turns)
        done.failed += sum(len(one.retries) + one.dead for one in turns)
        done.dead += sum(one.dead for one in turns)
        if not any(one.claimed for one in turns):
            return done
    raise RuntimeError(f"deliveries are still due after {max_rounds} rounds")
