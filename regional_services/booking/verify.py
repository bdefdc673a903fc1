"""Re-derive the truth of one hospital's bookings from four places and name every disagreement.

The number is what scheduling says, its holder what the appointment says, the money what the order says, and the booking
must agree with all of them. Rows that moved within the last seconds are passed over: they are still on their way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hub import clock
from hub.tenancy.scope import hospital, region
from regional_services.booking import revisits
from regional_services.booking.models import Booking, Pricing, Reservation, Settlement, State
from regional_services.booking.twins import due_fen
from regional_services.payments import selectors as payments
from regional_services.referrals import selectors as referrals
from regional_services.waitlist import selectors as waitlist
from tenants.appointments import selectors as appointments
from tenants.appointments.models import ACTIVE
from tenants.appointments.models import State as AppointmentState
from tenants.scheduling import selectors as scheduling

ENDED = {State.CANCELLED, State.EXPIRED, State.STOPPED, State.FAILED}
HOLDING = {State.AWAITING_PAYMENT, State.BOOKED}
PAID_ORDER = {"paid", "refunding", "refunded", "refund_failed", "partially_refunded"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement, in words staff can act on."""

    hospital: str
    booking_id: UUID
    what: str


def verify_hospital(code: str, *, quiet: timedelta = timedelta(seconds=10)) -> list[Difference]:
    """All differences of one hospital; empty when its bookings, numbers and money tell one story."""
    settled_before = clock.now() - quiet
    with hospital(code, read_only=True):
        standings = appointments.standings()
        holders = scheduling.holders()
    with region(read_only=True):
        bookings = {row.id: row for row in Booking.objects.filter(institution_code=code)}
        reserved = set(
            Reservation.objects.filter(active=True, booking_id__in=bookings).values_list("booking_id", flat=True)
        )
        offers = waitlist.offered(holders) | referrals.under_way(set(holders))
        orders = payments.orders_of_bookings([row.id for row in bookings.values() if row.order_id])
    found = list(_numbers(code, bookings, standings, holders, offers))
    for booking in bookings.values():
        if booking.updated_at < settled_before:
            standing = standings.get(booking.id)
            order = orders.get(booking.id)
            found.extend(
                Difference(code, booking.id, what)
                for what in _booking(booking, standing, order.state if order else None, booking.id in reserved)
            )
            found.extend(Difference(code, booking.id, what) for what in _price(booking, standing, order))
            if booking.pricing == Pricing.REVISIT:
                what = revisits.problem_of(booking, bookings.get(booking.revisit_of) if booking.revisit_of else None)
                found.extend([Difference(code, booking.id, what)] if what else [])
    return found


def _numbers(
    code: str,
    bookings: dict[UUID, Booking],
    standings: dict[UUID, appointments.Standing],
    holders: dict[UUID, str],
    offers: set[UUID],
) -> Iterator[Difference]:
    for booking_id, standing in standings.items():
        active = standing.state in ACTIVE
        expected = "taken" if standing.state is AppointmentState.BOOKED else "held"
        if active and holders.get(booking_id) != expected:
            yield Difference(code, booking_id, f"appointment is {standing.state}, its number {holders.get(booking_id)}")
        if active and booking_id not in bookings:
            yield Difference(code, booking_id, "appointment without a booking")
    for holder in holders:
        owner = standings.get(holder)
        if holder in offers:
            continue  # held for somebody on the waiting list, or referred, whose booking has not begun yet
        if owner is None or owner.state not in {*ACTIVE, AppointmentState.FULFILLED}:
            yield Difference(code, holder, "number held by nobody's appointment")


def _price(booking: Booking, standing: appointments.Standing | None, order: payments.OrderView | None) -> Iterator[str]:
    """One price: what the resident was shown, what is collected, what the hospital was told (practice 11)."""
    if order is not None and order.amount_fen != due_fen(booking):
        yield f"booking costs {booking.fee_fen} fen, {booking.carried_fen} came with it, its order {order.amount_fen}"
    if booking.state == State.BOOKED and standing is not None and standing.fee_fen != booking.fee_fen:
        yield f"booking costs {booking.fee_fen} fen, its appointment {standing.fee_fen}"


def _booking(
    booking: Booking, standing: appointments.Standing | None, order: str | None, reserved: bool
) -> Iterator[str]:
    holds = standing is not None and standing.state in ACTIVE
    if booking.state in HOLDING and not holds:
        yield f"booking is {booking.state}, appointment is {standing.state if standing else 'absent'}"
    if booking.state in ENDED and holds:
        yield f"booking is {booking.state} but its number is still held"
    if booking.state in ENDED and reserved:
        yield f"booking is {booking.state} but the person's time is still taken"
    if (booking.state == State.FULFILLED) != (standing is not None and standing.state is AppointmentState.FULFILLED):
        yield f"booking is {booking.state}, appointment is {standing.state if standing else 'absent'}"
    if booking.state in HOLDING and not reserved:
        yield f"booking is {booking.state} but the person's time is free"
    if booking.settlement == Settlement.PAID and order not in PAID_ORDER and due_fen(booking):
        yield f"booking is paid, its order is {order}"
    if booking.settlement == Settlement.UNPAID and order in PAID_ORDER:
        yield f"booking is unpaid, its order is {order}"
    if booking.state in ENDED and booking.settlement == Settlement.PAID:
        yield f"booking is {booking.state}, paid, and nothing is on its way back"
    if booking.settlement == Settlement.MOVED and booking.lent_fen and booking.replaced_by is None:
        yield "booking's money moved on to no other"
