"""The relay's side of waking: waiting for a scope, a queue of its own for when Redis is away, an alarm for retries."""

from __future__ import annotations

import heapq
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any

import redis

from hub import clock
from hub.outbox import wake
from hub.outbox.models import Lane
from hub.tenancy.scope import REGION

_WAIT = 1.0  # how long a thread waits at once; also the longest a stop goes unnoticed


class Serves(Enum):
    """Whom a thread serves, and whom first; the values are the sets it waits for in their order, true the district's.

    The district's rows are as many as all hospitals' together, so it is not one scope among them; and threads of its
    own, and of theirs, are left when those it calls, or those they call, keep all others waiting (ADR 1144).
    """

    DISTRICT_FIRST = (True, False)
    HOSPITALS_FIRST = (False, True)
    DISTRICT_ONLY = (True,)
    HOSPITALS_ONLY = (False,)

    @classmethod
    def of_thread(cls, number: int, lane: Lane) -> Serves:
        """Of the `number`th thread of a pool, counted from 0."""
        both = (cls.DISTRICT_FIRST, cls.HOSPITALS_FIRST)
        pattern = (*both, *both, cls.DISTRICT_ONLY, cls.HOSPITALS_ONLY) if lane is Lane.OUTSIDE else both
        return pattern[number % len(pattern)]


class Wakes:
    """Scopes waiting for a turn: in Redis, shared by all relays; in this process while Redis can't be reached."""

    def __init__(self) -> None:
        self._local: defaultdict[tuple[str, bool], dict[str, None]] = defaultdict(dict)  # a dict keeps the order
        self._arrived = threading.Condition()

    def put(self, scope: str, lane: Lane) -> None:
        """Queue `scope` behind those waiting."""
        if wake.put(scope, [lane]):
            return
        with self._arrived:
            self._local[lane, scope == REGION][scope] = None
            self._arrived.notify()

    def take(self, lane: Lane, client: redis.Redis, serves: Serves = Serves.HOSPITALS_FIRST) -> str | None:
        """The scope that has waited longest of the first set that has any, or None after a second."""
        found = self._take_local(lane, serves)
        if found is not None:
            return found
        try:
            sets = [wake.key(lane, of_region=of_region) for of_region in serves.value]
            popped: Any = client.bzpopmin(sets, timeout=_WAIT)
        except redis.RedisError:
            with self._arrived:
                self._arrived.wait(_WAIT)
            return self._take_local(lane, serves)
        return str(popped[1].decode()) if popped else None

    def _take_local(self, lane: Lane, serves: Serves) -> str | None:
        with self._arrived:
            for of_region in serves.value:
                waiting = self._local[lane, of_region]
                if waiting:
                    scope = next(iter(waiting))
                    del waiting[scope]
                    return scope
            return None


class Alarm:
    """Queues scopes again when their failed deliveries are due; lost with the process, found by the sweep."""

    def __init__(self, ring: Callable[[str, Lane], None]) -> None:
        self._ring = ring
        self._set: list[tuple[datetime, str, Lane]] = []
        self._changed = threading.Condition()

    def at(self, when: datetime, scope: str, lane: Lane) -> None:
        """Queue `scope` at `when`."""
        with self._changed:
            heapq.heappush(self._set, (when, scope, lane))
            self._changed.notify()

    def run(self, stop: threading.Event) -> None:
        """Ring until told to stop."""
        while not stop.is_set():
            for scope, lane in self._due():
                self._ring(scope, lane)
            with self._changed:
                self._changed.wait(self._pause())

    def _due(self) -> list[tuple[str, Lane]]:
        now = clock.now()
        with self._changed:
            due = []
            while self._set and self._set[0][0] <= now:
                _, scope, lane = heapq.heappop(self._set)
                due.append((scope, lane))
            return due

    def _pause(self) -> float:
        if not self._set:
            return _WAIT
        return min(_WAIT, max(0.0, (self._set[0][0] - clock.now()).total_seconds()))
