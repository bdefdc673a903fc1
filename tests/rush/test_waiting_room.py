"""The waiting room by itself and at the door of bookings: fair, bounded, and nobody else notices it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from redis.exceptions import RedisError

from hub import clock, redis, waiting_room
from hub.outbox.relay import drain
from hub.waiting_room import Entry, State, Terms
from regional_services.booking import rush
from regional_services.booking.errors import WaitInLine
from regional_services.catalog.models import CatalogSession
from tests.booking import world
from tests.harness.live import streaming
from tests.harness.outside import HOST, free_port

FAST = Terms(rate=1000, most=1000)


@pytest.fixture
def room() -> str:
    """A room nobody was in before."""
    return f"t{uuid4().hex[:12]}"


def _in(milliseconds: int) -> int:
    return int(time.time() * 1000) + milliseconds


def _order(room: str, people: list[str]) -> list[str]:
    """Those who have a place, first first."""
    places = {who: waiting_room.look(room, who) for who in people}
    return sorted(people, key=lambda who: places[who].ahead)


def test_who_comes_before_the_draw_gets_a_random_place_and_nothing_moves_it(room: str) -> None:
    waiting_room.open_room(room, Terms(rate=1, most=1, draw_ms=_in(60_000)))
    people = [f"p{index:03d}" for index in range(200)]
    for who in people:
        assert waiting_room.join(room, who, "s").state is State.BEFORE
    order = _order(room, people)
    early = [order.index(who) for who in people[:50]]
    late = [order.index(who) for who in people[-50:]]
    # A random place is 100 on average, with a deviation of 8 for the mean of fifty: coming first is no advantage.
    assert 60 < sum(early) / 50 < 140
    assert 60 < sum(late) / 50 < 140
    eager = order[150]
    for _ in range(30):
        waiting_room.join(room, eager, "s")  # refreshing, and windows side by side
    waiting_room.leave(room, eager)
    waiting_room.join(room, eager, "s")
    assert _order(room, people) == order
    assert waiting_room.look(room, eager).total == len(people)
    other = f"{room}b"
    waiting_room.open_room(other, Terms(rate=1, most=1, draw_ms=_in(60_000)))
    for who in people:
        waiting_room.join(other, who, "s")
    assert _order(other, people) != order  # another room, another draw


def test_after_the_draw_places_are_by_arrival_and_admission_is_paced_and_bounded(room: str) -> None:
    waiting_room.open_room(room, Terms(rate=5, most=3, stay_seconds=1, draw_ms=_in(250)))
    for who in ("early1", "early2"):
        waiting_room.join(room, who, "s")
    time.sleep(0.4)
    later = [f"late{index}" for index in range(12)]
    states = []
    for who in later:
        states.append(waiting_room.join(room, who, "s").state)
        time.sleep(0.01)
    assert waiting_room.look(room, "early1").state is State.IN
    assert waiting_room.look(room, "early2").state is State.IN
    assert states.count(State.IN) == 1  # three inside at once, two of them came before the draw
    waiting = [who for who, state in zip(later, states, strict=True) if state is State.LINE]
    assert _order(room, waiting) == waiting
    waiting_room.leave(room, "early1")
    assert waiting_room.look(room, waiting[0]).state is State.IN
    time.sleep(1.1)  # nobody inside does anything: their admissions end, the next come in
    assert waiting_room.look(room, "early2").state is State.OUT
    assert waiting_room.look(room, waiting[1]).state is State.IN
    assert waiting_room.enter(room, waiting[1], press=0).entry is Entry.IN
    assert waiting_room.enter(room, waiting[-1], press=0).entry is Entry.LINE


def test_who_waits_for_what_is_sold_out_is_told_and_holds_up_nobody(room: str) -> None:
    waiting_room.open_room(room, Terms(rate=1, most=1))
    for who, want in (("a", "s1"), ("b", "s1"), ("c", "s2")):
        waiting_room.join(room, who, want)
    waiting_room.sold_out(room, "s1")
    assert waiting_room.look(room, "b").state is State.FULL
    waiting_room.leave(room, "a")
    time.sleep(1.1)
    assert waiting_room.look(room, "c").state is State.IN
    waiting_room.open_room(room, Terms(rate=1, most=1, linger_seconds=0))


def test_a_booking_passes_the_line_of_its_own_hospital_only(alpha: str, beta: str) -> None:
    session = world.open_for_booking(alpha, 2)
    elsewhere = world.open_for_booking(beta, 1)
    first, second, third = (world.resident() for _ in range(3))
    waiting_room.open_room(alpha, FAST)
    with pytest.raises(WaitInLine):
        world.book(alpha, session, first)
    assert world.book(beta, elsewhere, second).institution_code == beta
    assert rush.join(first.actor, alpha, session).state is State.IN
    with pytest.raises(WaitInLine):  # an admission is one account's
        world.book(alpha, session, third)
    assert world.book(alpha, session, first).state == "awaiting_payment"
    with pytest.raises(WaitInLine):  # and is good for one booking
        world.book(alpha, session, first)
    rush.join(second.actor, alpha, session)
    world.book(alpha, session, second)
    assert rush.join(third.actor, alpha, session).state in {State.FULL, State.IN}
    assert rush.place(world.resident().actor, alpha).state is State.OUT
    waiting_room.leave(alpha, str(third.actor.id))


def test_pressure_opens_a_room_and_without_redis_people_book(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = world.open_for_booking(alpha, 5)
    world.limit(alpha, rush_pressure=2)
    refused = 0
    for _ in range(5):
        try:
            world.book(alpha, session, world.resident())
        except WaitInLine:
            refused += 1
    assert refused > 0
    assert rush.is_open(alpha)

    def silent() -> object:
        raise RedisError("gone")

    monkeypatch.setattr(redis, "client", silent)
    assert world.book(alpha, session, world.resident()).state == "awaiting_payment"


def test_a_release_that_is_near_opens_the_room_of_hospitals_that_want_it(alpha: str, beta: str) -> None:
    for code in (alpha, beta):
        session = world.open_for_booking(code, 1)
        soon = clock.now() + clock.DAY / 24 / 12
        CatalogSession.objects.filter(session_id=session).update(release_at=soon)
    world.limit(alpha, rush_open_minutes=10)
    assert rush.open_for_releases() == 1
    assert rush.join(world.resident().actor, alpha, CatalogSession.objects.get(institution_code=alpha).pk).state is (
        State.BEFORE
    )
    assert not rush.is_open(beta)
    drain(outside=False)


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The process beside the web."""
    with streaming(HOST, free_port(), Path(tmp_path_factory.mktemp("line")) / "log") as address:
        yield address


def test_the_place_is_told_beside_the_event_streams_to_whom_it_was_signed_for(room: str, streams: str) -> None:
    waiting_room.open_room(room, Terms(rate=1, most=1, draw_ms=_in(60_000)))
    waiting_room.join(room, "me", "s")
    address = waiting_room.address(room, "me")
    told = json.loads(httpx.get(streams + address[address.index("/line/") :], trust_env=False).text)
    assert (told["state"], told["total"]) == ("before", 1)
    assert 0 < told["again_ms"] <= 20_000
    assert httpx.get(f"{streams}/line/forged", trust_env=False).status_code == 403
