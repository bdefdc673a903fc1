"""Ending the bookings to come of one hospital, a few at a time: what leaving asks for.

The HIS is asked to cancel, like for any resident; where it refuses, or does not answer within `PATIENCE`, the
appointment ends as a stopped clinic does, for which nobody's consent is needed. Money follows by the booking's own
table (docs/FLOW.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from hub import clock
from hub.actor import Actor
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.booking.models import Booking, BookingStep, Settlement, State
from regional_services.booking.process import Input, NotAllowed
from regional_services.booking.steps import Facts, advance
from tenants.appointments import steps as appointments

PATIENCE = timedelta(minutes=10)
MOVING = (State.NEW, State.LOCKING, State.AWAITING_PAYMENT, State.CONFIRMING, State.CLOSING, State.CANCELLING)
CAN_END = (State.AWAITING_PAYMENT, State.BOOKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCome:
    """What would be ended: bookings, persons, and the money that goes back."""

    bookings: int
    persons: int
    paid: int
    paid_fen: int


def to_come(institution_code: str, last_day: date) -> ToCome:
    """The bookings after `last_day`. One query on the index by institution and day."""
    with region(read_only=True):
        counted = _after(institution_code, last_day).aggregate(
            bookings=Count("id"),
            persons=Count("person_id", distinct=True),
            paid=Count("id", filter=Q(settlement=Settlement.PAID)),
            paid_fen=Sum("fee_fen", filter=Q(settlement=Settlement.PAID)),
        )
    return ToCome(**{name: value or 0 for name, value in counted.items()})


def left(institution_code: str, last_day: date) -> int:
    """How many bookings after `last_day` have not ended yet. One query."""
    with region(read_only=True):
        return _after(institution_code, last_day).count()


def undone(institution_code: str) -> int:
    """Bookings of any day that something may still happen to: under way, to come, or money going back. One query."""
    with region(read_only=True):
        return Booking.objects.filter(
            Q(state__in=MOVING)
            | Q(state=State.BOOKED, ends_at__gt=clock.now())
            | Q(settlement__in=(Settlement.REFUNDING, Settlement.REFUND_FAILED)),
            institution_code=institution_code,
        ).count()


def end_some(*, actor: Actor, institution_code: str, last_day: date, reason: str, limit: int) -> int:
    """Begin to end at most `limit` bookings after `last_day`; how many were moved. Safe to run again at any time."""
    with region(read_only=True):
        rows = _after(institution_code, last_day)
        stubborn = list(_stubborn(rows).values_list("id", flat=True)[:limit])
        willing = rows.filter(state__in=CAN_END).exclude(id__in=stubborn).order_by("starts_at", "id")
        ids = list(willing.values_list("id", flat=True)[: limit - len(stubborn)])
    for booking_id in ids:
        _cancel(actor, booking_id, reason)
    if stubborn:
        with work(institution_code, actor=actor) as unit:
            ended = appointments.stop(unit, hospital=institution_code, booking_ids=tuple(stubborn), reason=reason)
            unit.audit("appointment.ended_by_leaving", target=f"hospital:{institution_code}", detail={"ended": ended})
    return len(ids) + len(stubborn)


def _after(institution_code: str, last_day: date) -> QuerySet[Booking]:
    return Booking.objects.filter(
        institution_code=institution_code, visit_date__gt=last_day, state__in=(*MOVING, State.BOOKED)
    )


def _stubborn(rows: QuerySet[Booking]) -> QuerySet[Booking]:
    """Those whose hospital said no to a cancellation, or nothing for too long."""
    refused = BookingStep.objects.filter(what=Input.CANCEL_REFUSED, booking_id__in=rows.values("id"))
    return rows.filter(
        Q(state=State.BOOKED, id__in=refused.values("booking_id"))
        | Q(state=State.CANCELLING, updated_at__lt=clock.now() - PATIENCE)
    ).order_by("starts_at", "id")


def _cancel(actor: Actor, booking_id: UUID, reason: str) -> None:
    with work(REGION, actor=actor) as unit:
        try:
            advance(unit, booking_id, Input.CANCEL_ASKED, Facts(reason=reason, by=actor.name))
        except NotAllowed as refusal:
            unit.audit("booking.cancel_asked", target=f"booking:{booking_id}", outcome="refused", reason=str(refusal))
