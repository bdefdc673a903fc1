"""What a relay's thread publishes while it runs a delivery, it runs next itself.

Most of a booking's way is one fact leading to the next. A row for a handler inside the database is therefore stored
under its publisher's own lease when the publisher is a thread of the relay, and run as soon as the publishing
transaction has committed: no claim, no word over Redis, no other thread to wait for. One row a unit that calls the
hospital it is published in goes to a thread that waits for such (`hands.py`). They are outbox rows like any other; a
crash leaves them to their lease, and whatever the thread has no time for it gives back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from hub.journal.flush import CallLease, Lease
from hub.outbox.hands import Hands
from hub.outbox.rows import Claimed

_line: ContextVar[Line | None] = ContextVar("hub_onward", default=None)


@dataclass(slots=True)
class Line:
    """The rows a thread has published under its own lease and not yet begun, oldest first."""

    worker: UUID
    lease: timedelta
    hands: Hands | None = None
    waiting: deque[tuple[str, Claimed]] = field(default_factory=deque)

    def lease_at(self, now: datetime, *, cap: int | None) -> Lease:
        """The lease of what is published now; `cap` is the hospital's if a thread was reserved for a call."""
        call = CallLease(until=now + self.hands.lease, cap=cap) if self.hands and cap is not None else None
        return Lease(worker=self.worker, until=now + self.lease, call=call)

    def add(self, scope: str, rows: Iterable[Claimed]) -> None:
        """Take rows whose transaction has committed."""
        self.waiting.extend((scope, row) for row in rows)


def line() -> Line | None:
    """The present thread's line, if it is the relay that runs here."""
    return _line.get()


@contextmanager
def going_on(worker: UUID, lease: timedelta, hands: Hands | None = None) -> Iterator[Line]:
    """Collect what the deliveries inside publish; calls go to `hands`, if there are any."""
    opened = Line(worker, lease, hands)
    token = _line.set(opened)
    try:
        yield opened
    finally:
        _line.reset(token)
