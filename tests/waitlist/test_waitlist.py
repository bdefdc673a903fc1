"""The waiting list over a real hospital's numbers: join, offer, accept, pass on, end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from hub import clock
from hub.errors import HubError, NotFound
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from regional_services.booking import services as bookings
from regional_services.booking.errors import QueueFirst
from regional_services.booking.models import Booking
from regional_services.booking.models import State as BookingState
from regional_services.booking.selectors import BookingView
from regional_services.booking.verify import verify_hospital
from regional_services.catalog import projection
from regional_services.waitlist import offering, selectors, services
from regional_services.waitlist.errors import AlreadyIn, EntryNotFound, OfferGone, StillFree, TooMany
from regional_services.waitlist.models import Entry, State
from regional_services.waitlist.selectors import EntryView
from regional_services.waitlist.services import Until
from tenants.scheduling import services as scheduling
from tenants.scheduling.models import Number, NumberState
from tests.booking import world
from tests.booking.world import Resident
from tests.scheduling.builders import SYNC, TOMORROW, numbers, schedule, session_id, snapshot
from tests.security.matrix.examples import resident_token

AT_ONCE = timedelta(0)
OFFER = timedelta(minutes=16)


def full(code: str, count: int = 1, *, fee_fen: int = 5000) -> tuple[UUID, list[tuple[Resident, BookingView]]]:
    """A session all of whose numbers are held by somebody."""
    session = world.open_for_booking(code, count, fee_fen=fee_fen)
    holders = []
    for number in world.free_numbers(code, session):
        who = world.resident()
        holders.append((who, world.book(code, session, who, number)))
    drain()
    projection.refresh(code)
    return session, holders


def join(code: str, session: UUID, who: Resident, until: Until = Until.VISIT) -> EntryView:
    """Take a place in line."""
    return services.join(
        actor=who.actor,
        institution=code,
        person_id=who.person_id,
        session_id=session,
        until=until,
        command=world.command("waitlist.join"),
    )


def give_back(holder: tuple[Resident, BookingView]) -> None:
    """Somebody cancels his unpaid hold; the catalogue hears of it."""
    who, booking = holder
    bookings.cancel_booking(actor=who.actor, booking_id=booking.id, reason="时间有变化")
    drain()
    projection.refresh(booking.institution_code)  # as within a second


def state(entry: EntryView) -> str:
    """Where a place stands now."""
    return str(Entry.objects.get(id=entry.id).state)


def told(who: Resident) -> list[str]:
    """The templates of what he was told of the list."""
    return [row.kind for row in world.messages_of(who) if row.kind.startswith("waitlist.")]


def test_the_first_in_line_is_offered_what_fell_free_and_books_it(alpha: str) -> None:
    session, holders = full(alpha)
    first, second = world.resident(), world.resident()
    mine, theirs = join(alpha, session, first), join(alpha, session, second)
    assert (mine.ahead, theirs.ahead) == (0, 1)
    assert offering.sweep() == 0
    give_back(holders[0])
    with pytest.raises(QueueFirst):
        world.book(alpha, session, world.resident())
    assert offering.sweep() == 1
    assert offering.sweep() == 0
    assert (state(mine), state(theirs)) == (State.OFFERED, State.WAITING)
    assert told(first) == ["waitlist.offered"]
    assert told(second) == []
    drain()
    assert verify_hospital(alpha, quiet=AT_ONCE) == []
    booking = services.accept(actor=first.actor, entry_id=mine.id)
    assert booking.state is BookingState.AWAITING_PAYMENT
    assert services.accept(actor=first.actor, entry_id=mine.id).id == booking.id
    drain()
    assert verify_hospital(alpha, quiet=AT_ONCE) == []
    with clock.shifted(OFFER):
        offering.sweep()
        assert state(mine) == State.TAKEN


def test_an_unanswered_offer_passes_on_and_nothing_is_lost(alpha: str) -> None:
    session, holders = full(alpha)
    first, second = world.resident(), world.resident()
    mine, theirs = join(alpha, session, first), join(alpha, session, second)
    give_back(holders[0])
    offering.sweep()
    with clock.shifted(OFFER):
        with pytest.raises(OfferGone):
            services.accept(actor=first.actor, entry_id=mine.id)
        offering.sweep()
        drain()
        projection.refresh(alpha)
        offering.sweep()
        assert (state(mine), state(theirs)) == (State.PASSED, State.OFFERED)
        assert told(first) == ["waitlist.passed", "waitlist.offered"]
        services.leave(actor=second.actor, entry_id=theirs.id)
        drain()
    assert len(world.free_numbers(alpha, session)) == 1
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def test_the_list_ends_at_its_deadline_with_a_message(alpha: str) -> None:
    session, _holders = full(alpha)
    who = world.resident()
    mine = join(alpha, session, who)
    with clock.shifted(mine.until - clock.now() + timedelta(seconds=1)):
        offering.sweep()
        offering.sweep()
    assert state(mine) == State.ENDED
    assert told(who) == ["waitlist.ended"]


def test_a_stopped_clinic_ends_places_and_offers(alpha: str) -> None:
    session, holders = full(alpha)
    first, second = world.resident(), world.resident()
    mine, theirs = join(alpha, session, first), join(alpha, session, second)
    give_back(holders[0])
    offering.sweep()
    world.stop_session(alpha, session)
    drain()
    assert {state(mine), state(theirs)} == {State.ENDED}
    assert told(first) == ["waitlist.ended", "waitlist.offered"]
    with pytest.raises(OfferGone):
        services.accept(actor=first.actor, entry_id=mine.id)
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def test_who_may_not_join_is_told_why(alpha: str, settings: object) -> None:
    session, holders = full(alpha, 2)
    who, stranger = world.resident(), world.resident()
    mine = join(alpha, session, who)
    with pytest.raises(AlreadyIn):
        join(alpha, session, who)
    with pytest.raises(AlreadyIn):
        join(alpha, session, holders[0][0])
    with pytest.raises(NotFound):
        services.join(
            actor=stranger.actor,
            institution=alpha,
            person_id=who.person_id,
            session_id=session,
            until=Until.VISIT,
            command=world.command("waitlist.join"),
        )
    for refused in (services.accept, services.leave):
        with pytest.raises(NotFound):
            refused(actor=stranger.actor, entry_id=mine.id)
    with pytest.raises(EntryNotFound):
        selectors.own_entry(world.SETUP, mine.id)
    settings.HUB_WAITLIST_OPEN = 0  # type: ignore[attr-defined]
    with pytest.raises(TooMany):
        join(alpha, session, world.resident())


def test_a_session_with_numbers_needs_no_list(alpha: str) -> None:
    session = world.open_for_booking(alpha)
    with pytest.raises(StillFree):
        join(alpha, session, world.resident())


def test_a_refused_hold_gives_the_offered_number_back(alpha: str) -> None:
    """The hospital's own limit forbids what the list offered: said in words, and the number is free again."""
    session, holders = full(alpha, 2)
    who = world.resident()
    mine = join(alpha, session, who)
    give_back(holders[0])
    offering.sweep()
    world.limit(alpha, limit_open=1)
    other = _booked_elsewhere(alpha, who)
    assert other.state is BookingState.BOOKED
    with pytest.raises(HubError):
        services.accept(actor=who.actor, entry_id=mine.id)
    drain()
    assert len(world.free_numbers(alpha, session)) == 1
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def _booked_elsewhere(code: str, who: Resident) -> BookingView:
    later = TOMORROW + timedelta(days=3)
    told_of = snapshot((schedule("S2", day=later, fee_fen=0),), numbers(2, "S2", day=later))
    scheduling.apply_snapshot(code, told_of, actor=SYNC)
    drain()
    projection.refresh(code)
    return world.book(code, session_id(code, "S2"), who)


def test_a_hospital_that_owns_its_numbers_is_asked_when_the_offer_is_accepted(alpha: str) -> None:
    session, holders = full(alpha)
    who = world.resident()
    mine = join(alpha, session, who)
    give_back(holders[0])
    offering.sweep()
    world.limit(alpha, booking_mode="his_locked")
    assert services.accept(actor=who.actor, entry_id=mine.id).state is BookingState.LOCKING


def test_the_api_takes_a_place_once_and_shows_it_to_its_owner_alone(alpha: str) -> None:
    session, _holders = full(alpha)
    who, stranger = world.resident(), world.resident()
    mine, theirs = (f"Bearer {resident_token(one)}" for one in (who, stranger))
    http, address = Client(SERVER_NAME="localhost"), "/api/resident/v1/waiting-entries"
    wish = {"institution": alpha, "person_id": str(who.person_id), "session_id": str(session)}
    asked = {"content_type": "application/json", "headers": {"Authorization": mine, "Idempotency-Key": uuid4().hex}}
    first, again = (http.post(address, wish, **asked) for _ in range(2))  # type: ignore[arg-type]
    assert (first.status_code, first.json()["state"], first.json()["ahead"]) == (201, "waiting", 0)
    assert again.json()["id"] == first.json()["id"]
    one = f"{address}/{first.json()['id']}"
    assert http.get(one, headers={"Authorization": mine}).json()["until"] == first.json()["until"]
    assert http.get(one, headers={"Authorization": theirs}).status_code == 404
    assert http.post(f"{one}/accept", headers={"Authorization": theirs}).status_code == 404
    assert http.post(f"{one}/accept", headers={"Authorization": mine}).json()["code"] == "waitlist.offer_gone"
    assert http.get(address, headers={"Authorization": theirs}).json()["items"] == []
    assert http.post(f"{one}/leave", headers={"Authorization": mine}).json()["state"] == "left"
    assert [row["state"] for row in http.get(address, headers={"Authorization": mine}).json()["items"]] == ["left"]


@pytest.mark.parametrize("killed_after", ["marked", "claimed", "accepted"])
def test_a_crash_between_any_two_steps_loses_nobody(
    alpha: str, killed_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, holders = full(alpha)
    who = world.resident()
    mine = join(alpha, session, who)
    give_back(holders[0])
    broken = {
        "marked": (offering, "_carry_on"),
        "claimed": (offering, "_offered"),
        "accepted": (services, "hold_and_order"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*broken[killed_after], _die)
        if killed_after == "accepted":
            offering.sweep()
        with pytest.raises(_Killed):
            _go_on(who, mine)
    with clock.shifted(timedelta(seconds=6)):
        bookings.sweep()
        offering.sweep()
        drain()
        assert state(mine) == (State.TAKEN if killed_after == "accepted" else State.OFFERED)
        booking = services.accept(actor=who.actor, entry_id=mine.id)
    assert booking.state is BookingState.AWAITING_PAYMENT
    assert Booking.objects.filter(person_id=who.person_id).count() == 1
    with hospital(alpha, read_only=True):
        assert Number.objects.get(holder=booking.id).state == NumberState.HELD
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def _go_on(who: Resident, entry: EntryView) -> None:
    """The next step: the sweep's, or the resident's where he has an offer."""
    if state(entry) == State.OFFERED:
        services.accept(actor=who.actor, entry_id=entry.id)
    else:
        offering.sweep()


class _Killed(BaseException):
    """The process is gone."""


def _die(*_args: object, **_kwargs: object) -> None:
    raise _Killed
