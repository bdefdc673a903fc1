"""Figures of bookings: counts of days, spans, departments and hours, and the bookings behind them.

Values only; each says how many queries it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour, TruncDate, TruncMinute

from hub import clock
from regional_services.booking.models import Booking, His, Settlement, State
from regional_services.booking.selectors import LIVE, BookingView, booking_view, missed

_COUNTS: dict[str, Aggregate] = {
    "created": Count("id"),
    "booked": Count("id", filter=Q(state__in=(State.BOOKED, State.FULFILLED))),
    "cancelled": Count("id", filter=Q(state__in=(State.CANCELLED, State.EXPIRED, State.STOPPED))),
    "failed": Count("id", filter=Q(state=State.FAILED)),
    "paid_fen": Sum("fee_fen", filter=Q(settlement=Settlement.PAID)),
    "refunded_fen": Sum("fee_fen", filter=Q(settlement=Settlement.REFUNDED)),
    "refunding_fen": Sum("fee_fen", filter=Q(settlement__in=(Settlement.REFUNDING, Settlement.REFUND_FAILED))),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """Live figures of one institution (or the district) for one day of booking."""

    created: int
    booked: int
    cancelled: int
    failed: int
    paid_fen: int
    refunded_fen: int = 0
    refunding_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCounts:
    """Bookings of one institution's day that still stand, and what was paid for them."""

    bookings: int
    paid: int
    paid_fen: int


NOBODY = LiveCounts(bookings=0, paid=0, paid_fen=0)


def live_by_day(codes: Sequence[str], days: Sequence[date]) -> dict[tuple[str, date], LiveCounts]:
    """Standing bookings by institution and visit day. One query: the index by institution and day."""
    rows = (
        Booking.objects.filter(institution_code__in=codes, visit_date__in=days, state__in=LIVE)
        .values_list("institution_code", "visit_date")
        .annotate(
            count=Count("id"),
            paid=Count("id", filter=Q(settlement=Settlement.PAID)),
            fen=Sum("fee_fen", filter=Q(settlement=Settlement.PAID), default=0),
        )
    )
    return {
        (code, day): LiveCounts(bookings=count, paid=paid, paid_fen=int(fen)) for code, day, count, paid, fen in rows
    }


def figures_of_day(day: date, institution_code: str | None = None) -> DayFigures:
    """Bookings made on `day`, for one institution or all. One query."""
    start = clock.at(day, clock.MIDNIGHT)
    rows = Booking.counted.filter(created_at__gte=start, created_at__lt=start + clock.DAY)
    if institution_code:
        rows = rows.filter(institution_code=institution_code)
    return _figures(rows.aggregate(**_COUNTS))


def figures_by_institution(day: date) -> dict[str, DayFigures]:
    """The day's figures for every institution that had any. One query."""
    start = clock.at(day, clock.MIDNIGHT)
    rows = (
        Booking.counted.filter(created_at__gte=start, created_at__lt=start + clock.DAY)
        .values("institution_code")
        .annotate(**_COUNTS)
    )
    return {row["institution_code"]: _figures(row) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """What was booked at one institution on one day, and what became of it since."""

    institution_code: str
    day: date
    created: int
    booked: int
    cancelled: int
    stopped: int
    failed: int
    refunded: int
    paid_fen: int
    refunded_fen: int


# What each figure counts; the list behind a figure asks the same question (`behind`).
_MEANT: dict[str, Q] = {
    "created": Q(),
    "booked": Q(state__in=(State.BOOKED, State.FULFILLED)),
    "cancelled": Q(state__in=(State.CANCELLED, State.EXPIRED)),
    "stopped": Q(state=State.STOPPED),
    "failed": Q(state=State.FAILED),
    "refunded": Q(settlement=Settlement.REFUNDED),
}
NO_SHOWS = "no_shows"
FIGURES = (*_MEANT, NO_SHOWS)
_DAY_COUNTS: dict[str, Aggregate] = {
    **{name: Count("id", filter=meant) if meant else Count("id") for name, meant in _MEANT.items()},
    "paid": Sum("fee_fen", filter=Q(settlement=Settlement.PAID), default=0),
    "given_back": Sum("fee_fen", filter=Q(settlement=Settlement.REFUNDED), default=0),
}


def counts_by_day(first: date, last: date) -> list[DayCounts]:
    """Bookings made from `first` to `last` by institution and day. One query: a range of the index by creation."""
    rows = _made(first, last).annotate(day=TruncDate("created_at", tzinfo=clock.ZONE))
    return [
        DayCounts(
            **{name: row[name] for name in ("institution_code", "day", *_DAY_COUNTS) if name not in _MONEY},
            paid_fen=int(row["paid"]),
            refunded_fen=int(row["given_back"]),
        )
        for row in rows.values("institution_code", "day").annotate(**_DAY_COUNTS)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanCounts:
    """What was booked at one institution in a span; `waiting_days` adds up the days from booking to visit."""

    institution_code: str
    bookings: int
    cancelled: int
    registered: int
    waiting_days: int


def counts_of_span(first: date, last: date) -> list[SpanCounts]:
    """Bookings made from `first` to `last` by institution. One query: a range of the index by creation."""
    waited = ExpressionWrapper(
        F("visit_date") - TruncDate("created_at", tzinfo=clock.ZONE), output_field=DurationField()
    )
    rows = (
        _made(first, last)
        .values("institution_code")
        .annotate(
            bookings=Count("id"),
            cancelled=_DAY_COUNTS["cancelled"],
            registered=Count("id", filter=Q(his=His.REGISTERED)),
            waited=Sum(waited),
        )
    )
    return [
        SpanCounts(
            institution_code=row["institution_code"],
            bookings=row["bookings"],
            cancelled=row["cancelled"],
            registered=row["registered"],
            waiting_days=max(0, row["waited"].days) if row["waited"] is not None else 0,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Which bookings stand behind a figure: days, place, and what the figure counts."""

    first: date
    last: date
    institution_code: str = ""
    department_id: UUID | None = None
    what: str = "created"


def counts_by_department(first: date, last: date, institution_code: str) -> list[tuple[UUID, str, dict[str, int]]]:
    """The departments of one institution that had any, by name. One query: the range by creation."""
    rows = (
        _made(first, last)
        .filter(institution_code=institution_code)
        .values("department_id")
        .annotate(name=Max("department_name"), **_DAY_COUNTS)
        .order_by("name")
    )
    return [(row["department_id"], row["name"], {name: row[name] for name in _MEANT}) for row in rows]


def counts_of_department(
    first: date, last: date, institution_code: str, department_id: UUID
) -> list[tuple[date, dict[str, int]]]:
    """The days of one department that had any, oldest first. One query: the same range."""
    rows = (
        _made(first, last)
        .filter(institution_code=institution_code, department_id=department_id)
        .annotate(day=TruncDate("created_at", tzinfo=clock.ZONE))
        .values("day")
        .annotate(**_DAY_COUNTS)
        .order_by("day")
    )
    return [(row["day"], {name: row[name] for name in _MEANT}) for row in rows]


def behind(asked: Behind, *, after: int = 0, limit: int = 50) -> tuple[int, list[BookingView]]:
    """How many bookings a figure counts, and a page of them, newest first. Two queries."""
    if asked.what == NO_SHOWS:
        rows = missed(asked.first, asked.last)
    else:
        rows = _made(asked.first, asked.last).filter(_MEANT[asked.what])
    if asked.institution_code:
        rows = rows.filter(institution_code=asked.institution_code)
    if asked.department_id is not None:
        rows = rows.filter(department_id=asked.department_id)
    page = rows.order_by("-created_at", "-id")[after : after + limit]
    return rows.count(), [booking_view(row) for row in page]


def counts_by_hour(first: date, last: date) -> dict[tuple[date, int], int]:
    """Bookings made in each hour of those days. One query: the same range."""
    rows = (
        _made(first, last)
        .annotate(day=TruncDate("created_at", tzinfo=clock.ZONE), hour=ExtractHour("created_at", tzinfo=clock.ZONE))
        .values_list("day", "hour")
        .annotate(count=Count("id"))
    )
    return {(day, hour): count for day, hour, count in rows}


def no_shows_by_day(first: date, last: date) -> dict[tuple[str, date], int]:
    """Visits of those days that are over and to which nobody came. One query: the index by institution and day."""
    rows = missed(first, last).values_list("institution_code", "visit_date").annotate(count=Count("id"))
    return {(code, day): count for code, day, count in rows}


_MONEY = ("paid", "given_back")


def _made(first: date, last: date) -> QuerySet[Booking]:
    return Booking.counted.filter(
        created_at__gte=clock.at(first, clock.MIDNIGHT), created_at__lt=clock.at(last, clock.MIDNIGHT) + clock.DAY
    )


def _figures(counted: dict[str, Any]) -> DayFigures:
    return DayFigures(**{name: int(counted[name] or 0) for name in _COUNTS})


def per_minute(minutes: int) -> list[tuple[datetime, int]]:
    """Bookings made in each of the last `minutes` minutes, oldest first, empty ones included. One query."""
    end = clock.now().replace(second=0, microsecond=0)
    start = end - timedelta(minutes=minutes - 1)
    rows = (
        Booking.counted.filter(created_at__gte=start)
        .annotate(minute=TruncMinute("created_at"))
        .values_list("minute")
        .annotate(count=Count("id"))
    )
    counted: dict[datetime, int] = dict(rows)
    return [(at, counted.get(at, 0)) for at in (start + timedelta(minutes=index) for index in range(minutes))]
