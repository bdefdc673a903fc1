"""A release as it is: hundreds of residents want fifty numbers; nobody is lost, nothing is sold twice, all are told."""

from __future__ import annotations

import random
import time
from collections import Counter
from uuid import UUID

import pytest

from hub import clock, waiting_room
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from hub.waiting_room import State, Terms
from regional_services.booking import rush
from regional_services.booking.errors import WaitInLine
from regional_services.booking.models import Booking
from regional_services.booking.verify import verify_hospital
from tenants.scheduling.errors import NumberTaken
from tenants.scheduling.models import Number
from tests.booking import world
from tests.harness.threads import in_threads

RESIDENTS, NUMBERS, AT_ONCE = 400, 50, 8
LONGEST = 240.0


@pytest.mark.slow
def test_hundreds_want_fifty_numbers(alpha: str) -> None:
    session = world.open_for_booking(alpha, NUMBERS, fee_fen=0)
    world.limit(alpha, rush_pressure=0)
    people = [world.resident() for _ in range(RESIDENTS)]
    draw = int(time.time() * 1000) + 5000
    waiting_room.open_room(alpha, Terms(rate=40, most=120, draw_ms=draw))
    for who in people:
        assert rush.join(who.actor, alpha, session).state in {State.BEFORE, State.LINE, State.IN}
    ends: Counter[str] = Counter()
    waits: list[float] = []

    def wait_and_book(share: int) -> None:
        mine = people[share::AT_ONCE]
        end = time.monotonic() + LONGEST
        while mine and time.monotonic() < end:
            for who in list(mine):
                outcome = _turn(alpha, session, who)
                if outcome:
                    mine.remove(who)
                    ends[outcome] += 1
                    waits.append(time.time() - draw / 1000)
            time.sleep(0.2)

    in_threads(AT_ONCE, wait_and_book)
    drain(outside=False)
    print(
        f"{dict(ends)}; the last was told {max(waits):.1f} s after the release, half within {sorted(waits)[200]:.1f} s"
    )
    assert ends["booked"] == NUMBERS
    assert ends["full"] == RESIDENTS - NUMBERS
    with hospital(alpha, read_only=True):
        holders = list(Number.objects.values_list("holder", flat=True))
    assert len(set(holders)) == NUMBERS
    assert set(holders) == set(Booking.objects.filter(state="booked").values_list("id", flat=True))
    assert verify_hospital(alpha, quiet=clock.DAY * 0) == []


def _turn(code: str, session: UUID, who: world.Resident) -> str:
    """What his page does at one look: nothing yet, booked, or told that nothing is left."""
    place = rush.place(who.actor, code)
    if place.state is State.FULL:
        return "full"
    if place.state is State.OUT:
        place = rush.join(who.actor, code, session)
        return "full" if place.state is State.FULL else ""
    if place.state is not State.IN:
        return ""
    free = world.free_numbers(code, session)
    if not free:
        return "full"
    try:
        world.book(code, session, who, random.choice(free))
    except (NumberTaken, WaitInLine):
        return ""
    return "booked"
