"""Ends a process's work at a chosen instant: before a commit that writes something, or before the outside is asked.

`Guillotine(at=k)` lets k - 1 instants pass and ends the work at the k-th; a walk over k meets every one of them.
With `kill` the process dies by SIGKILL. Without, the open transaction is rolled back and `Killed` (no `Exception`, so
that nothing catches it) unwinds to the test: to the database it is the same end, without the second a process costs.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from hub.tenancy.backend.base import DatabaseWrapper
from hub.tenancy.context import letting_go

OUTSIDE = "outside is asked"


class Killed(BaseException):
    """The work ended here."""


class Guillotine:
    """Counts instants; falls at the chosen one."""

    def __init__(self, at: int, *, kill: bool = False) -> None:
        self.passed = 0
        self._at = at
        self._kill = kill

    @property
    def fell(self) -> bool:
        """Whether there was such an instant."""
        return self.passed >= self._at

    def instant(self, connection: Any | None = None) -> None:
        """One instant; `connection` is the one about to commit."""
        self.passed += 1
        if self.passed != self._at:
            return
        if self._kill:
            os.kill(os.getpid(), signal.SIGKILL)
        if connection is not None:
            connection.rollback()
        raise Killed

    @contextmanager
    def standing(self) -> Iterator[Guillotine]:
        """In place until the block ends."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(DatabaseWrapper, "commit", self._commit(DatabaseWrapper.commit))
            patch.setattr("hub.outbox.delivery.letting_go", self._letting_go(letting_go))
            yield self

    def _commit(self, real: Any) -> Any:
        def commit(connection: Any) -> None:
            if _writes(connection):
                self.instant(connection)
            real(connection)

        return commit

    def _letting_go(self, real: Any) -> Any:
        @contextmanager
        def asking() -> Iterator[None]:
            self.instant()
            inner: AbstractContextManager[None] = real()
            with inner:
                yield

        return asking


def _writes(connection: Any) -> bool:
    """Whether the open transaction has changed, or locked, anything."""
    if connection.alias == "owner":
        return False
    row = connection.connection.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL").fetchone()
    return bool(row[0])
