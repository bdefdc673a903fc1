"""The relay's side of waking: waiting for a scope, a queue of its own for when Redis is away, an alarm for retries."""

from __future__ import annotations

import heapq
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

import redis

from hub import clock
from hub.outbox import wake
from hub.outbox.models import Lane

_WAIT = 1.0  # how long a thread waits at once; also the longest a stop goes unnoticed


class Wakes:
    """Scopes waiting for a turn: in Redis, shared by all relays; in this process while Redis can't be reached."""

    def __init__(self) -> None:
        self._local: defaultdict[str, dict[str, None]] = defaultdict(dict)  # a dict keeps the order of arrival
        self._arrived = threading.Condition()

    def put(self, scope: str, lane: Lane) -> None:
        """Queue `scope` behind those waiting."""
        if wake.put(scope, [lane]):
            return
        with self._arrived:
            self._local[lane][scope] = None
            self._arrived.notify()

    def take(self, lane: Lane, client: redis.Redis) -> str | None:
        """The scope that has waited longest, or None after a second."""
        found = self._take_local(lane)
        if found is not None:
            return found
        try:
            popped: Any = client.bzpopmin(wake.key(lane), timeout=_WAIT)
        except redis.RedisError:
            with self._arrived:
                self._arrived.wait(_WAIT)
            return self._take_local(lane)
        return str(popped[1].decode()) if popped else None

    def _take_local(self, lane: Lane) -> str | None:
        with self._arrived:
            waiting = self._local[lane]
            if not waiting:
                return None
            scope = next(iter(waiting))
            del waiting[scope]
            return scope


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
