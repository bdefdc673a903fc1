"""The gate before each hospital: so much at once, and nothing for a while when it keeps failing (F8).

It lives in the process: the relay's own caps hold over all processes, this one also covers polling and probes, and a
hospital that is down costs each process a few calls before it is left alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from institution_connectors.contracts import Limits, Outcome, Reason

APART = 0.2
"""Seconds between two callers who come back after they were turned away."""
_FAILURES = frozenset({Reason.TIME_OUT, Reason.CONNECTION_LOST, Reason.UNREACHABLE})


class Crowded(Exception):
    """All places of a hospital are taken."""


@dataclass(slots=True)
class Gate:
    """One hospital's places and breaker."""

    limits: Limits
    _places: threading.BoundedSemaphore = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failures: int = 0
    _closed_until: float = 0.0
    _turned_away: int = 0

    def __post_init__(self) -> None:
        self._places = threading.BoundedSemaphore(self.limits.in_flight)

    def blocked_for(self) -> float:
        """Seconds for which the hospital is left alone; 0 when it may be called.

        When the time is over one caller is let through at once and the others wait for what he finds.
        """
        with self._lock:
            remaining = self._closed_until - time.monotonic()
            if remaining > 0:
                return remaining
            if self._failures >= self.limits.breaker_failures:
                self._close()
            return 0.0

    def come_back_in(self) -> float:
        """Seconds after which a caller who finds the gate closed should come back.

        A crowd comes back one by one, not all at the moment it opens; whoever is answered then calls the others
        (`pipeline.call`).
        """
        with self._lock:
            self._turned_away += 1
            return max(0.0, self._closed_until - time.monotonic()) + self._turned_away * APART

    @contextmanager
    def place(self, seconds: float) -> Iterator[None]:
        """A place, waited for at most `seconds`; `Crowded` if there is none."""
        if not self._places.acquire(timeout=seconds):
            raise Crowded
        try:
            yield
        finally:
            self._places.release()

    def note(self, outcome: Outcome, reason: Reason) -> bool:
        """Count what came of a call: only silence and broken connections close the gate. Returns whether it has opened
        with this call."""
        with self._lock:
            if outcome is Outcome.ACCEPTED or reason not in _FAILURES:
                opened = self._failures >= self.limits.breaker_failures
                self._failures, self._closed_until = 0, 0.0
                return opened
            self._failures += 1
            if self._failures >= self.limits.breaker_failures:
                self._close()
            return False

    def _close(self) -> None:
        self._closed_until, self._turned_away = time.monotonic() + self.limits.breaker_seconds, 0


_gates: dict[str, Gate] = {}
_guard = threading.Lock()


def gate(hospital: str, limits: Limits) -> Gate:
    """The hospital's gate; a new one when its limits changed."""
    with _guard:
        held = _gates.get(hospital)
        if held is None or held.limits != limits:
            held = _gates[hospital] = Gate(limits)
        return held


def reset() -> None:
    """Forget all gates (tests, and after a hospital was repaired by hand)."""
    with _guard:
        _gates.clear()
