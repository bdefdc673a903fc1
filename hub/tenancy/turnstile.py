"""How many scopes of this process are open at once.

A process of many threads that mostly wait on the network does its own work on one processor only: Python's lock lets
one thread compute. When they all come back at once, each exchange of a message with the database is a contest of all
for that lock, and every one of them keeps a transaction open meanwhile. Here they pass a few at a time (ADR 1141).

The limit saves work and guards nothing: who has waited a second goes in all the same, so that some long transactions
never hold up the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

PATIENCE = 1.0  # seconds
_places: threading.Semaphore | None = None
_behind = threading.Semaphore(1)
_thread = threading.local()


def limit(places: int | None) -> None:
    """Let at most so many threads of this process into scopes at once; None: as many as come."""
    global _places
    _places = threading.Semaphore(places) if places is not None else None


def is_limited() -> bool:
    """Whether threads take turns here; one that waits for its turn must not keep a connection from the others."""
    return _places is not None


def stand_back() -> None:
    """From now on this thread and others that do the same want one place between them: what they do can wait."""
    _thread.stands_back = True


@contextmanager
def passing() -> Iterator[None]:
    """Wait for a place, at most `PATIENCE`, and give it back at the end."""
    if _places is None:
        yield
        return
    with ExitStack() as held:
        if getattr(_thread, "stands_back", False):
            _take(_behind, held)
        _take(_places, held)
        yield


def _take(places: threading.Semaphore, held: ExitStack) -> None:
    if places.acquire(timeout=PATIENCE):
        held.callback(places.release)
