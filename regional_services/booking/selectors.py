"""Reads of bookings; each returns finished values and says how many queries it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour, TruncDate, TruncMinute

from hub import clock
from institution_connectors.contracts.outcomes import Reason
from regional_services.booking.models import Booking, BookingStep, His, Moving, Pricing, Settlement, State

_COUNTS: dict[str, Aggregate] = {
    "created": Count("id"),
    "booked": Count("id", filter=Q(state__in=(State.BOOKED, State.FULFILLED))),
    "cancelled": Count("id", filter=Q(state__in=(State.CANCELLED, State.EXPIRED, State.STOPPED))),
    "failed": Count("id", filter=Q(state=State.FAILED)),
    "paid_fen": Sum("fee_fen", filter=Q(settlement=Settlement.PAID)),
    "refunded_fen": Sum("fee_fen", filter=Q(settlement=Settlement.REFUNDED)),
    "refunding_fen": Sum("fee_fen", filter=Q(settlement__in=(Settlement.REFUNDING, Settlement.REFUND_FAILED))),
}
LIVE = (State.NEW, State.LOCKING, State.AWAITING_PAYMENT, State.CONFIRMING, State.BOOKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingView:
    """A booking as pages and the API show it; no name or document of the person is in it."""

    id: UUID
    number: str
    institution_code: str
    account_id: UUID
    person_id: UUID
    session_id: UUID
    number_id: UUID
    department_id: UUID
    department_name: str
    doctor_name: str
    visit_date: date
    sequence: int | None
    starts_at: datetime
    ends_at: datetime
    fee_fen: int
    list_fee_fen: int
    pricing: Pricing
    discount: str
    quote_valid_until: datetime | None
    pay_on_day: bool
    channel: str
    state: State
    settlement: Settlement
    his: His
    wish: str
    reason: str
    refusal: str
    order_id: UUID | None
    moving: Moving
    replaces: UUID | None
    replaced_by: UUID | None
    carried_fen: int
    pay_deadline: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def due_fen(self) -> int:
        """What is to be paid: the price, less what was paid for the number this one replaces."""
        return max(self.fee_fen - self.carried_fen, 0)

    @property
    def slot(self) -> str:
        """`16:30-17:00 第23号` (issue of the main job)."""
        span = f"{clock.local(self.starts_at):%H:%M}-{clock.local(self.ends_at):%H:%M}"
        return f"{span} 第{self.sequence}号" if self.sequence else span

    @property
    def price_changed(self) -> bool:
        """Whether it ended because the hospital asks another price: the resident may agree to the new one."""
        return self.state is State.FAILED and self.refusal == Reason.PRICE_CHANGED

    @property
    def settled(self) -> bool:
        """Whether nothing moves by itself any more: pages stop polling."""
        moving = {State.NEW, State.LOCKING, State.CONFIRMING, State.CLOSING, State.CANCELLING}
        return self.state not in moving and self.settlement is not Settlement.REFUNDING


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One line of a booking's history."""

    at: datetime
    actor_name: str
    what: str
    state: str
    settlement: str
    reason: str


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


def booking_view(row: Booking) -> BookingView:
    """The value of a row; no query."""
    return BookingView(
        id=row.id,
        number=row.number,
        institution_code=row.institution_code,
        account_id=row.account_id,
        person_id=row.person_id,
        session_id=row.session_id,
        number_id=row.number_id,
        department_id=row.department_id,
        department_name=row.department_name,
        doctor_name=row.doctor_name,
        visit_date=row.visit_date,
        sequence=row.sequence,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        fee_fen=row.fee_fen,
        list_fee_fen=row.list_fee_fen,
        pricing=Pricing(row.pricing),
        discount=row.discount,
        quote_valid_until=row.quote_valid_until,
        pay_on_day=row.pay_on_day,
        channel=row.channel,
        state=State(row.state),
        settlement=Settlement(row.settlement),
        his=His(row.his),
        wish=row.wish,
        reason=row.reason,
        refusal=row.refusal,
        order_id=row.order_id,
        moving=Moving(row.moving),
        replaces=row.replaces,
        replaced_by=row.replaced_by,
        carried_fen=row.carried_fen,
        pay_deadline=row.pay_deadline,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


class Shelf(StrEnum):
    """The three lists of a resident's bookings; each booking stands in exactly one (WX-APPT-16)."""

    UNPAID = "unpaid"
    PAID = "paid"
    HISTORY = "history"


def _on(shelf: Shelf) -> Q:
    current = Q(state__in=(*LIVE, State.CLOSING, State.CANCELLING), ends_at__gte=clock.now())
    if shelf is Shelf.HISTORY:
        return ~current
    unpaid = Q(settlement=Settlement.UNPAID)
    return current & (unpaid if shelf is Shelf.UNPAID else ~unpaid)


def bookings_of_account(
    account_id: UUID, *, shelf: Shelf | None = None, before: UUID | None = None, limit: int = 20
) -> list[BookingView]:
    """The account's bookings over all hospitals, newest first, a page before the id `before`. One query."""
    rows = Booking.objects.filter(account_id=account_id)
    if shelf is not None:
        rows = rows.filter(_on(shelf))
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [booking_view(row) for row in rows.order_by("-id")[:limit]]


def next_of_account(account_id: UUID) -> BookingView | None:
    """The booking that needs this person next: one to pay, else the nearest visit. One query."""
    rows = Booking.objects.filter(account_id=account_id, state__in=LIVE, ends_at__gte=clock.now())
    ordered = sorted(rows.order_by("starts_at")[:20], key=lambda row: row.state != State.AWAITING_PAYMENT)
    return booking_view(ordered[0]) if ordered else None


def unfinished_of_account(account_id: UUID) -> list[BookingView]:
    """Bookings of an account that are not over: under way, still to come, or with money on its way. One query."""
    under_way = Q(state__in=(*LIVE, State.CLOSING, State.CANCELLING)) & ~Q(
        state=State.BOOKED, ends_at__lt=clock.now() - timedelta(days=1)
    )
    money = Q(settlement__in=(Settlement.REFUNDING, Settlement.REFUND_FAILED))
    rows = Booking.objects.filter(under_way | money, account_id=account_id).order_by("starts_at")
    return [booking_view(row) for row in rows]


def to_pay(account_id: UUID) -> BookingView | None:
    """The account's booking that waits for payment and can still be paid, the most urgent first. One query."""
    rows = Booking.objects.filter(
        account_id=account_id, state=State.AWAITING_PAYMENT, pay_deadline__gt=clock.now()
    ).order_by("pay_deadline")
    row = rows.first()
    return booking_view(row) if row else None


def unfinished_of_person(person_id: UUID) -> list[BookingView]:
    """The bookings of a person that still hold or owe something and whose time is to come. One query."""
    states = (*LIVE, State.CLOSING, State.CANCELLING)
    rows = Booking.objects.filter(person_id=person_id, starts_at__gt=clock.now(), state__in=states)
    return [booking_view(row) for row in rows.order_by("-starts_at")[:20]]


def booking_of(booking_id: UUID) -> BookingView | None:
    """One booking of those the open scope shows. One query."""
    row = Booking.objects.filter(id=booking_id).first()
    return booking_view(row) if row else None


def owners_of(booking_ids: list[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """Account and person of these bookings. One query."""
    rows = Booking.objects.filter(id__in=booking_ids).values_list("id", "account_id", "person_id")
    return {booking_id: (account_id, person_id) for booking_id, account_id, person_id in rows}


def history(booking_id: UUID) -> list[StepView]:
    """What happened to a booking, oldest first. One query."""
    return [
        StepView(
            at=row.at,
            actor_name=row.actor_name,
            what=row.what,
            state=row.state,
            settlement=row.settlement,
            reason=row.reason,
        )
        for row in BookingStep.objects.filter(booking_id=booking_id).order_by("id")
    ]


def bookings_of_day(institution_code: str, day: date, *, text: str = "", limit: int = 200) -> list[BookingView]:
    """An institution's bookings for visits on `day`, by time; `text` is a number, doctor or department. One query."""
    rows = Booking.counted.filter(institution_code=institution_code, visit_date=day)
    if text:
        rows = rows.filter(
            Q(number=text.upper()) | Q(doctor_name__startswith=text) | Q(department_name__startswith=text)
        )
    return [booking_view(row) for row in rows.order_by("starts_at", "id")[:limit]]


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
        rows = _missed(asked.first, asked.last)
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
    rows = _missed(first, last).values_list("institution_code", "visit_date").annotate(count=Count("id"))
    return {(code, day): count for code, day, count in rows}


_MONEY = ("paid", "given_back")


def _missed(first: date, last: date) -> QuerySet[Booking]:
    return Booking.counted.filter(
        visit_date__gte=first, visit_date__lte=last, ends_at__lt=clock.now(), state=State.BOOKED
    )


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


def missed_of_day(day: date) -> list[BookingView]:
    """Visits of a day that is over to which nobody came, of hospitals that told of somebody's. Two queries."""
    told = Booking.counted.filter(visit_date=day, state=State.FULFILLED).values_list("institution_code", flat=True)
    rows = _missed(day, day).filter(institution_code__in=set(told))
    return [booking_view(row) for row in rows.order_by("institution_code", "id")]


def is_at(person_id: UUID, session_id: UUID, *, besides: UUID | None = None) -> bool:
    """Whether the person has a booking of the session that is not over, `besides` left aside. One query."""
    rows = Booking.objects.filter(person_id=person_id, session_id=session_id, state__in=LIVE)
    return rows.exclude(id=besides).exists() if besides else rows.exists()


def views_of(booking_ids: Sequence[UUID]) -> dict[UUID, BookingView]:
    """Many bookings, for rooms that are told of them by id. One query."""
    return {row.id: booking_view(row) for row in Booking.objects.filter(id__in=booking_ids)}


def state_of(booking_id: UUID) -> State | None:
    """How far a booking is; None when there is none of that id. One query."""
    found = Booking.objects.filter(id=booking_id).values_list("state", flat=True).first()
    return State(found) if found else None


def view_of(booking_id: UUID) -> BookingView:
    """A booking whose owner was asked for already. One query."""
    return booking_view(Booking.objects.get(id=booking_id))
