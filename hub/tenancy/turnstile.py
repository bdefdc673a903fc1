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
from contextlib import contextmanager

PATIENCE = 1.0  # seconds
_places: threading.Semaphore | None = None


def limit(places: int | None) -> None:
    """Let at most so many threads of this process into scopes at once; None: as many as come."""
    global _places
    _places = threading.Semaphore(places) if places is not None else None


def is_limited() -> bool:
    """Whether threads take turns here; one that waits for its turn must not keep a connection from the others."""
    return _places is not None


@contextmanager
def passing() -> Iterator[None]:
    """Wait for a place, at most `PATIENCE`, and give it back at the end."""
    places = _places
    if places is None or not places.acquire(timeout=PATIENCE):
        yield
        return
    try:
        yield
    finally:
        places.release()
