"""A person's time over all hospitals, inside somebody's public transaction (practice 12)."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from hub.tenancy.statements import Statement, broken_in
from hub.work import Unit
from regional_services.booking.errors import DayLimit, TimeTaken
from regional_services.booking.models import Booking, Reservation

DAY_LIMIT = 6  # bookings of one person on one day over all hospitals; the overlap rule binds earlier in practice
_RESERVE = Statement(
    "default",
    """
INSERT INTO booking_reservation (booking_id, person_id, visit_date, starts_at, ends_at, ordinal, chain, active)
SELECT %(booking)s, %(person)s, %(day)s, %(starts)s, %(ends)s, place.ordinal, %(chain)s, true
FROM (
    SELECT r.ordinal + 100 AS ordinal FROM booking_reservation r
    WHERE r.booking_id = %(replaces)s AND r.visit_date = %(day)s AND r.active
    UNION ALL
    SELECT free.ordinal FROM generate_series(1, %(limit)s) AS free(ordinal)
    WHERE NOT EXISTS (SELECT 1 FROM booking_reservation r WHERE r.person_id = %(person)s
                      AND r.visit_date = %(day)s AND r.ordinal = free.ordinal AND r.active)) AS place
ORDER BY place.ordinal > 100 DESC, place.ordinal LIMIT 1
""",
)
# The old visit's time is free: the new one, which stood beside it, counts in its place.
_COME_DOWN = Statement(
    "default",
    """
UPDATE booking_reservation SET ordinal = ordinal - 100
WHERE booking_id = %(booking)s AND active AND ordinal > 100
""",
)


def take(unit: Unit, booking: Booking) -> None:
    """Take the person's time, before any hospital's number; the unit ends with TimeTaken or DayLimit if it can't."""
    write = _RESERVE.write(
        booking=booking.id,
        person=booking.person_id,
        day=booking.visit_date,
        starts=booking.starts_at,
        ends=booking.ends_at,
        limit=DAY_LIMIT,
        chain=booking.chain or booking.id,
        replaces=booking.replaces,
    )
    unit.later(write, then=_within_limit, refusal=_taken)


def _within_limit(taken: int) -> None:
    if not taken:
        raise DayLimit


def _taken(problem: IntegrityError) -> TimeTaken | None:
    return TimeTaken() if broken_in(problem) == Reservation._meta.db_table else None


def free(booking: Booking) -> None:
    """The person's time is his own again, or the booking's that replaced this one."""
    Reservation.objects.filter(booking_id=booking.id).update(active=False)
    if booking.replaced_by is not None:
        _COME_DOWN.run(booking=booking.replaced_by)


def move(booking: Booking) -> bool:
    """The visit is at another time; False when the person's time there is another booking's: both stand, he decides."""
    try:
        with transaction.atomic():
            Reservation.objects.filter(booking_id=booking.id).update(
                starts_at=booking.starts_at, ends_at=booking.ends_at
            )
    except IntegrityError:
        return False
    return True


def retake(booking_id: UUID) -> bool:
    """Take the person's time again for a payment that came after the end; False if it is taken by another booking."""
    try:
        with transaction.atomic():
            Reservation.objects.filter(booking_id=booking_id).update(active=True)
    except IntegrityError:
        return False
    return True
