"""Reads of the figures; each says its queries, none of which depends on how many hospitals there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from django.db.models import QuerySet, Sum

from hub.tenancy.scope import region
from regional_services.statistics.models import DayFigure, HospitalHealth, HourFigure

NAMES = (
    "created",
    "booked",
    "cancelled",
    "stopped",
    "failed",
    "refunded",
    "no_shows",
    "paid_fen",
    "refunded_fen",
)
USUAL_WEEKS = 4
HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of a day, an institution, or both; `key` says which."""

    key: str
    created: int
    booked: int
    cancelled: int
    stopped: int
    failed: int
    refunded: int
    no_shows: int
    paid_fen: int
    refunded_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """How a hospital's connector was when last looked at."""

    institution_code: str
    at: datetime
    reachable: bool | None
    calls: int
    failed: int
    unknown: int
    waiting: int
    skew_ms: int | None
    dead_letters: int


def by_day(first: date, last: date, institution_code: str = "") -> list[Figures]:
    """The days that had any, oldest first; of one institution or all. One query on an index by day or by place."""
    return _summed(_between(first, last, institution_code), "day")


def by_institution(first: date, last: date) -> list[Figures]:
    """The institutions that had any, by code. One query: as many rows as days times institutions are added up."""
    return _summed(_between(first, last, ""), "institution_code")


def each(first: date, last: date, institution_code: str = "") -> list[tuple[date, Figures]]:
    """Every institution on every day, for export. One query."""
    with region(read_only=True):
        rows = _between(first, last, institution_code).order_by("day", "institution_code")
        return [
            (row.day, Figures(key=row.institution_code, **{name: getattr(row, name) for name in NAMES})) for row in rows
        ]


@dataclass(frozen=True, slots=True)
class UsualDay:
    """Bookings up to each hour of such a weekday: the fewest, the mean and the most of the weeks before."""

    low: list[int]
    mean: list[int]
    high: list[int]

    def by(self, at: datetime) -> int:
        """About how many there usually are by this time of the day."""
        begun = self.mean[at.hour - 1] if at.hour else 0
        return round(begun + (self.mean[at.hour] - begun) * at.minute / 60)


def usual_day(day: date) -> UsualDay:
    """Such a weekday as it usually is. One query."""
    days = [day - timedelta(weeks=week) for week in range(1, USUAL_WEEKS + 1)]
    with region(read_only=True):
        rows = list(HourFigure.objects.filter(day__in=days).values_list("day", "hour", "created"))
    made = {(row_day, hour): created for row_day, hour, created in rows}
    courses = []
    for known in sorted({row_day for row_day, _, _ in rows}):
        courses.append(list(accumulate(made.get((known, hour), 0) for hour in range(HOURS))))
    by_hour = list(zip(*courses, strict=True)) or [(0,)] * HOURS
    return UsualDay(
        low=[min(counts) for counts in by_hour],
        mean=[round(sum(counts) / len(counts)) for counts in by_hour],
        high=[max(counts) for counts in by_hour],
    )


def health() -> dict[str, HealthRow]:
    """Every hospital as last looked at. One query."""
    with region(read_only=True):
        return {
            row.institution_code: HealthRow(
                institution_code=row.institution_code,
                at=row.at,
                reachable=row.reachable,
                calls=row.calls,
                failed=row.failed,
                unknown=row.unknown,
                waiting=row.waiting,
                skew_ms=row.skew_ms,
                dead_letters=row.dead_letters,
            )
            for row in HospitalHealth.objects.all()
        }


def _between(first: date, last: date, institution_code: str) -> QuerySet[DayFigure]:
    rows = DayFigure.objects.filter(day__gte=first, day__lte=last)
    return rows.filter(institution_code=institution_code) if institution_code else rows


def _summed(rows: QuerySet[DayFigure], key: str) -> list[Figures]:
    with region(read_only=True):
        summed = rows.values(key).annotate(**{f"{name}_sum": Sum(name) for name in NAMES}).order_by(key)
        return [Figures(key=str(row[key]), **{name: int(row[f"{name}_sum"]) for name in NAMES}) for row in summed]
