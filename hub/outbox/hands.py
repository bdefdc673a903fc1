"""Threads of a relay that wait for a call which somebody in the same process is about to publish (ADR 1145).

A delivery often ends with the next question to the hospital it came from. Its row is stored under its publisher's lease
and handed to one of these threads: no word over Redis and no claim. A place is reserved before the row is stored, so a
row under lease always has a thread; when all are busy, as when hospitals hang, rows go the usual way.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from datetime import timedelta

from hub.outbox.rows import Claimed

# How long a thread that has handed over a call leaves the processor to it. Threads of a Python process that compute at
# the same time get in each other's way at every exchange with the database; one after the other, both are done as soon.
_AFTER_YOU = 0.015


@dataclass(frozen=True, slots=True)
class Handed:
    """A row for a thread that waits; `done` is set when its turn is over."""

    scope: str
    row: Claimed
    done: threading.Event = field(default_factory=threading.Event)

    def after_you(self) -> None:
        """Leave the processor to it for a moment."""
        self.done.wait(_AFTER_YOU)


class Hands:
    """The threads that wait, and what they are given."""

    def __init__(self, lease: timedelta) -> None:
        self.lease = lease
        self._idle = threading.Semaphore(0)
        self._given: queue.SimpleQueue[Handed] = queue.SimpleQueue()

    def offer(self) -> None:
        """A thread is free from now on; also: what was reserved is not needed."""
        self._idle.release()

    def reserve(self) -> bool:
        """Promise a free thread something, or take a free thread away."""
        return self._idle.acquire(blocking=False)

    def give(self, scope: str, row: Claimed) -> Handed:
        """Hand over a row whose transaction has committed; its thread was reserved before."""
        handed = Handed(scope, row)
        self._given.put(handed)
        return handed

    def wait(self, seconds: float) -> Handed | None:
        """What a free thread is given, or None."""
        try:
            return self._given.get(timeout=seconds)
        except queue.Empty:
            return None
