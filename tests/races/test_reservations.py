"""One person, many hospitals at once: his time is taken once; without the guard he would sit in two rooms."""

from __future__ import annotations

import pytest
from django.db import connections

from hub.tenancy.scope import region
from regional_services.booking.errors import DayLimit, TimeTaken
from regional_services.booking.models import Reservation
from regional_services.booking.reservations import DAY_LIMIT
from tests.booking import world
from tests.harness.threads import in_threads

RIVALS = 16


def _book_everywhere(alpha: str, beta: str) -> list[bool]:
    """One resident taps at two hospitals from sixteen devices, each at another number of the same time."""
    sessions = {code: world.open_for_booking(code, 32) for code in (alpha, beta)}
    who = world.resident()
    same_time = {code: world.free_numbers(code, session)[:1] for code, session in sessions.items()}

    def tap(index: int) -> bool:
        code = (alpha, beta)[index % 2]
        try:
            world.book(code, sessions[code], who, same_time[code][0])
        except Exception:  # noqa: BLE001 - whatever the refusal, this tap did not book
            return False
        return True

    return in_threads(RIVALS, tap)


def test_overlapping_bookings_of_one_person_are_taken_once(alpha: str, beta: str) -> None:
    assert sum(_book_everywhere(alpha, beta)) == 1
    assert Reservation.objects.filter(active=True).count() == 1


@pytest.mark.race
def test_without_the_guard_one_person_holds_two_numbers_at_one_time(alpha: str, beta: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE booking_reservation DROP CONSTRAINT ex_reservation_overlap")
    assert sum(_book_everywhere(alpha, beta)) == 2


def test_the_day_limit_holds_when_bookings_race(alpha: str) -> None:
    session, who = world.open_for_booking(alpha, 16), world.resident()
    numbers = world.free_numbers(alpha, session)
    world.limit(
        alpha, limit_department_day=16, limit_person_day=16, limit_open=16
    )  # the hospital's own rules are others

    def tap(index: int) -> str:
        try:
            world.book(alpha, session, who, numbers[index])
        except (DayLimit, TimeTaken) as refusal:
            return refusal.code
        return "booked"

    outcomes = in_threads(12, tap)
    assert outcomes.count("booked") <= DAY_LIMIT
    with region(read_only=True):
        ordinals = Reservation.objects.filter(active=True).values_list("ordinal", flat=True)
        assert len(set(ordinals)) == len(ordinals) <= DAY_LIMIT
