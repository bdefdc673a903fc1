"""The one clock: UTC for instants, Asia/Shanghai for dates (kernel decision 11).

Code asks here and nowhere else, so that tests can set the time and a date is never cut from a UTC instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = time()
DAY = timedelta(days=1)
_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta(0))


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC) + _shift.get()


def today() -> date:
    """Today's date in the district."""
    return now().astimezone(ZONE).date()


def local(instant: datetime) -> datetime:
    """`instant` in the district's zone."""
    return instant.astimezone(ZONE)


def at(day: date, clock_time: time) -> datetime:
    """The UTC instant of a wall-clock time in the district."""
    return datetime.combine(day, clock_time, tzinfo=ZONE).astimezone(UTC)


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Run a block with the clock moved by `by` (tests and drills)."""
    token = _shift.set(_shift.get() + by)
    try:
        yield
    finally:
        _shift.reset(token)
