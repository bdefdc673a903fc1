"""One registration order with everything that became of it, for district staff who are asked about it (JA-APPT-20)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Right

from hub.actor import Actor
from hub.ids import heard
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.booking import selectors
from regional_services.booking.errors import BookingNotFound
from regional_services.booking.models import Booking
from regional_services.booking.permissions import TRACE
from regional_services.booking.selectors import BookingView, StepView, booking_view
from regional_services.payments import selectors as payments
from regional_services.payments.selectors import AttemptView, OrderView, RefundView


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A booking, its order and their whole history; whose it is is not in it."""

    booking: BookingView
    steps: list[StepView]
    order: OrderView | None
    attempts: list[AttemptView]
    refunds: list[RefundView]


def trace(*, actor: Actor, number: str) -> Trace:
    """By the booking's number (whole or as spoken), the order's, or the one on a channel's bill. Audited.

    BookingNotFound.
    """
    require(actor, TRACE)
    wanted = number.strip()
    with work(REGION, actor=actor) as unit:
        row = _found(wanted)
        if row is None:
            raise BookingNotFound
        unit.audit("booking.traced", target=f"booking:{row.id}")
        order = payments.order(row.order_id) if row.order_id else None
        return Trace(
            booking=booking_view(row),
            steps=selectors.history(row.id),
            order=order,
            attempts=payments.attempts(order.id) if order else [],
            refunds=payments.refunds(order.id) if order else [],
        )


def _found(number: str) -> Booking | None:
    """The booking a number leads to. At most three queries."""
    if not number:
        return None
    wanted = Q(number=number.upper())
    order_id = _id_of(number) or payments.order_of_trade(number.lower())
    if order_id is not None:
        wanted |= Q(order_id=order_id) | Q(id=order_id)
    rows = Booking.objects.all()
    if tail := heard(number):
        rows, wanted = rows.alias(tail=Right("number", len(tail))), wanted | Q(tail=tail)
    return rows.filter(wanted).order_by("-id").first()


def _id_of(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return payments.order_of_trade(found.hex) or found
