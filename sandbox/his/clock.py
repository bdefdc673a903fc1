"""The hospital's clock: China time, and wrong by as much as its switch says (F6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    """Aware times in China; `skew` tells by how many seconds the clock is wrong now."""

    def __init__(self, skew: Callable[[], float]) -> None:
        self._skew = skew

    def now(self) -> datetime:
        """The hospital's present time."""
        return (datetime.now(UTC) + timedelta(seconds=self._skew())).astimezone(ZONE).replace(microsecond=0)

    def today(self) -> date:
        """The hospital's present day."""
        return self.now().date()


def at(day: date, clock_time: time) -> datetime:
    """A wall-clock time in China."""
    return datetime.combine(day, clock_time, tzinfo=ZONE)
