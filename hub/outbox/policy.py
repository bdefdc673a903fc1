"""The numbers of the relay: batches, leases, retries. One place, so that they can be weighed against each other."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from hub.outbox.models import Lane
from hub.tenancy.registry import TenantInfo


@dataclass(frozen=True, slots=True)
class LanePolicy:
    """How one pool takes rows: at most `batch` a turn, each held for `lease` before others may take it over."""

    lane: Lane
    batch: int
    lease: timedelta
    threads: int


def lane_policy(lane: Lane) -> LanePolicy:
    """The pool's numbers; a call to the outside takes one row, for the thread it blocks is all it has."""
    relay = settings.HUB_RELAY
    if lane.calls_outside:
        return LanePolicy(lane, 1, timedelta(seconds=relay["outside_lease"]), relay[f"{lane}_threads"])
    return LanePolicy(lane, relay["batch"], timedelta(seconds=relay["internal_lease"]), relay["internal_threads"])


def calls_at_once(info: TenantInfo, lane: Lane) -> int:
    """How many calls to a hospital may be under way for one of this lane to begin: what nobody waits for leaves a place
    free."""
    limit = int(info.limits.get("in_flight", 4))
    return max(1, limit - 1) if lane is Lane.BULK else limit


# A handler that says "not now" (`Temporary`) is tried for some hours: a hospital may be down that long. A handler that
# fails in any other way is most likely wrong, and is shown to an operator after some minutes.
TEMPORARY_LIMIT = 40
UNEXPECTED_LIMIT = 12
_FIRST = 0.5
_LONGEST = 300.0


def attempts_allowed(*, temporary: bool) -> int:
    """After how many attempts a delivery becomes a dead letter."""
    return TEMPORARY_LIMIT if temporary else UNEXPECTED_LIMIT


def backoff(attempt: int, *, at_least: float | None = None) -> timedelta:
    """How long to wait after the given failed attempt: doubling, bounded, spread over half its length."""
    longest = min(_FIRST * 2 ** (attempt - 1), _LONGEST)
    chosen = longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, hides nothing
    return timedelta(seconds=max(chosen, at_least or 0.0))
