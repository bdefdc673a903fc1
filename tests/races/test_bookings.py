"""The rush, as residents meet it: whole bookings in threads, never one number sold twice, never one left over."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from django.db import connections

from hub.errors import HubError
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from hub.tenancy.statements import Statement
from regional_services.booking.models import Booking, Reservation, State
from regional_services.booking.verify import verify_hospital
from tenants.scheduling import steps as scheduling
from tenants.scheduling.models import Number, NumberState
from tenants.scheduling.selectors import NumberView
from tests.booking import world
from tests.booking.world import Resident
from tests.crash.lives import AT_ONCE
from tests.harness.threads import in_threads

THREADS = 20

pytestmark = pytest.mark.race


def _book(code: str, session: UUID, who: Resident, number: NumberView) -> bool:
    try:
        world.book(code, session, who, number)
    except HubError:
        return False
    return True


def _assert_sound(code: str, sold: int) -> None:
    """Exactly so many numbers are held, each by another booking; who got none holds nothing, not even time."""
    drain(outside=False)
    with hospital(code, read_only=True):
        held = list(Number.objects.filter(state=NumberState.HELD).values_list("holder", flat=True))
    waiting = set(Booking.objects.filter(state=State.AWAITING_PAYMENT).values_list("id", flat=True))
    stood = dict(Booking.objects.filter(id__in=held).values_list("id", "state"))
    assert len(held) == sold
    assert set(held) == waiting, stood
    assert set(Reservation.objects.filter(active=True).values_list("booking_id", flat=True)) == waiting
    assert verify_hospital(code, quiet=AT_ONCE) == []


def test_one_number_and_200_residents_give_one_booking(alpha: str) -> None:
    session = world.open_for_booking(alpha, 1)
    [number] = world.free_numbers(alpha, session)
    residents = [world.resident() for _ in range(200)]

    def tap(thread: int) -> int:
        return sum(_book(alpha, session, who, number) for who in residents[thread::THREADS])

    assert sum(in_threads(THREADS, tap)) == 1
    _assert_sound(alpha, 1)


def test_100_numbers_and_2000_tries_give_exactly_100_bookings(alpha: str) -> None:
    """Two hundred residents, ten tries each from different places of the list; what is left goes to who comes after."""
    session = world.open_for_booking(alpha, 100)
    numbers = world.free_numbers(alpha, session)
    residents = [world.resident() for _ in range(200)]

    def try_ten(index: int) -> int:
        tried = (numbers[(index * 37 + step * 11) % len(numbers)] for step in range(10))
        return sum(_book(alpha, session, residents[index], number) for number in tried)

    def rush(thread: int) -> int:
        return sum(map(try_ten, range(thread, len(residents), THREADS)))

    sold = sum(in_threads(THREADS, rush))
    left = world.free_numbers(alpha, session)
    assert len(left) == 100 - sold
    assert sum(_book(alpha, session, world.resident(), number) for number in left) == len(left)
    _assert_sound(alpha, 100)
    times_sold = Counter(Booking.objects.filter(state=State.AWAITING_PAYMENT).values_list("number_id", flat=True))
    assert set(times_sold.values()) == {1}


def test_without_the_guard_one_number_is_sold_twice(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same statement without `state = 'free'` in it oversells as soon as two come."""
    session = world.open_for_booking(alpha, 1)
    [number] = world.free_numbers(alpha, session)
    unguarded = scheduling._CLAIM.sql.replace("AND n.state = 'free'", "")
    assert unguarded != scheduling._CLAIM.sql
    monkeypatch.setattr(scheduling, "_CLAIM", Statement("hospital", unguarded))
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP INDEX h_alpha.uq_appointment_active_number")  # the second net, below the guard
    residents = [world.resident() for _ in range(6)]
    assert sum(in_threads(6, lambda index: _book(alpha, session, residents[index], number))) > 1
    drain(outside=False)
    assert verify_hospital(alpha, quiet=AT_ONCE) != []
