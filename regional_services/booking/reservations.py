"""A person's time over all hospitals, inside somebody's public transaction (practice 12)."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from hub.tenancy.statements import Statement
from regional_services.booking.errors import DayLimit, TimeTaken
from regional_services.booking.models import Booking, Reservation

DAY_LIMIT = 6  # bookings of one person on one day over all hospitals; the overlap rule binds earlier in practice
_RESERVE = Statement(
    "default",
    """
INSERT INTO booking_reservation (booking_id, person_id, visit_date, starts_at, ends_at, ordinal, active)
SELECT %(booking)s, %(person)s, %(day)s, %(starts)s, %(ends)s, free.ordinal, true
FROM generate_series(1, %(limit)s) AS free(ordinal)
WHERE NOT EXISTS (SELECT 1 FROM booking_reservation r
                  WHERE r.person_id = %(person)s AND r.visit_date = %(day)s AND r.ordinal = free.ordinal AND r.active)
ORDER BY free.ordinal LIMIT 1
""",
)


def take(booking: Booking) -> None:
    """Take the person's time, before any hospital's number. Raises TimeTaken, DayLimit."""
    try:
        taken = _RESERVE.run(
            booking=booking.id,
            person=booking.person_id,
            day=booking.visit_date,
            starts=booking.starts_at,
            ends=booking.ends_at,
            limit=DAY_LIMIT,
        )
    except IntegrityError as problem:
        raise TimeTaken from problem
    if not taken:
        raise DayLimit


def free(booking_id: UUID) -> None:
    """The person's time is his own again."""
    Reservation.objects.filter(booking_id=booking_id).update(active=False)


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
