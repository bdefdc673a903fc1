"""Reads of bookings; each returns finished values and says how many queries it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet

from hub import clock
from institution_connectors.contracts.outcomes import Reason
from regional_services.booking.models import Booking, BookingStep, His, Moving, Pricing, Settlement, State
from tenants.scheduling.models import Channel

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
    def may_be_referred(self) -> bool:
        """Whether another hospital may have asked for it, or for one it took the place of."""
        return self.channel == Channel.FAMILY or self.replaces is not None

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


def missed(first: date, last: date) -> QuerySet[Booking]:
    """Visits of those days that are over and to which nobody came, for figures and lists to narrow."""
    return Booking.counted.filter(
        visit_date__gte=first, visit_date__lte=last, ends_at__lt=clock.now(), state=State.BOOKED
    )


def missed_of_day(day: date) -> list[BookingView]:
    """Visits of a day that is over to which nobody came, of hospitals that told of somebody's. Two queries."""
    told = Booking.counted.filter(visit_date=day, state=State.FULFILLED).values_list("institution_code", flat=True)
    rows = missed(day, day).filter(institution_code__in=set(told))
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
