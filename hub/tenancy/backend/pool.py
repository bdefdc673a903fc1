"""A pool that gives a world back the connection it used last.

The server keeps plans and catalogue entries by connection, and plans every statement anew when the role or the path
has changed. A pool that hands its connections round in turn makes each of them cold; this one gives the connection
that last served the same hospital, or else the one that has been unused longest, whose hospital needs it least.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

_MARK = "hub_world"
_wanted: ContextVar[str] = ContextVar("hub_wanted_world", default="")


class WarmPool(ConnectionPool[psycopg.Connection[Any]]):
    """psycopg's pool with another order."""

    def _get_ready_connection(self, timeout: float | None) -> psycopg.Connection[Any] | None:
        """As psycopg's, which takes the first; called with the pool's lock held."""
        free, world = self._pool, _wanted.get()
        latest_first = range(len(free) - 1, -1, -1)
        warm = next((place for place in latest_first if getattr(free[place], _MARK, None) == world), 0)
        if warm:
            chosen = free[warm]
            del free[warm]
            free.appendleft(chosen)
        return super()._get_ready_connection(timeout)


def mark(connection: psycopg.Connection[Any], world: str) -> None:
    """Note for whom a connection works."""
    setattr(connection, _MARK, world)


@contextmanager
def wanting(world: str) -> Iterator[None]:
    """A connection taken from a pool inside is going to work for this world (a hospital, or whose staff asks)."""
    token = _wanted.set(world)
    try:
        yield
    finally:
        _wanted.reset(token)
