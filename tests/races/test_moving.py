"""改约 against itself and against cancelling: one booking is left for one other, and never for nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest

from hub.errors import HubError
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from hub.tenancy.statements import Select
from regional_services.booking import moving, services, steps
from regional_services.booking.models import Booking, Moving, State
from regional_services.booking.moving import NewPlace
from regional_services.booking.selectors import BookingView
from regional_services.booking.verify import verify_hospital
from tenants.scheduling import services as scheduling
from tenants.scheduling.models import Number, NumberState, Session
from tests.booking import world
from tests.crash.lives import AT_ONCE
from tests.harness.threads import in_threads
from tests.scheduling.builders import SYNC, TOMORROW, numbers, open_hospital, schedule, snapshot

RIVALS = 6
pytestmark = pytest.mark.race


def _open(code: str) -> list[NewPlace]:
    """A free clinic on seven days; a number of each day but the first."""
    world.register_institution(code)
    open_hospital(code)
    days = [TOMORROW + timedelta(days=offset) for offset in range(RIVALS + 1)]
    told = tuple(schedule(f"S{index}", day=day, fee_fen=0) for index, day in enumerate(days))
    open_numbers = tuple(row for index, day in enumerate(days) for row in numbers(4, f"S{index}", day=day))
    scheduling.apply_snapshot(code, snapshot(told, open_numbers), actor=SYNC)
    drain(outside=False)
    with hospital(code, read_only=True):
        ids = list(Session.objects.order_by("his_code").values_list("id", flat=True))
    free = [world.free_numbers(code, session)[0] for session in ids]
    return [
        NewPlace(session_id=session, number_id=number.id, starts_at=number.start, ends_at=number.end)
        for session, number in zip(ids, free, strict=True)
    ]


def _booked(code: str, place: NewPlace) -> tuple[BookingView, world.Resident]:
    who = world.resident()
    return world.book(code, place.session_id, who), who


def _try(act: Callable[[], object]) -> bool:
    try:
        act()
    except HubError:
        return False
    return True


def _move(booking: BookingView, who: world.Resident, place: NewPlace) -> bool:
    return _try(
        lambda: moving.reschedule(
            actor=who.actor, booking_id=booking.id, place=place, command=world.command("booking.reschedule")
        )
    )


def test_of_many_reschedulings_of_one_booking_one_is_begun(alpha: str) -> None:
    first, *others = _open(alpha)
    booking, who = _booked(alpha, first)
    assert sum(in_threads(RIVALS, lambda index: _move(booking, who, others[index]))) == 1
    drain(outside=False)
    [new] = Booking.objects.filter(replaces=booking.id)
    assert (new.state, new.moving) == (State.BOOKED, Moving.TAKING)
    assert Booking.objects.get(id=booking.id).replaced_by == new.id
    with hospital(alpha, read_only=True):
        assert Number.objects.filter(state=NumberState.TAKEN).count() == 2
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def _one_of_both(booking: BookingView, who: world.Resident, place: NewPlace) -> Callable[[int], bool]:
    def act(index: int) -> bool:
        if index:
            return _move(booking, who, place)
        return _try(lambda: services.cancel_booking(actor=who.actor, booking_id=booking.id, reason="时间有变化"))

    return act


def test_rescheduling_and_cancelling_at_once_do_one_of_both(alpha: str) -> None:
    first, *others = _open(alpha)
    for place in others[:3]:
        booking, who = _booked(alpha, first)
        assert sum(in_threads(2, _one_of_both(booking, who, place))) == 1
        drain(outside=False)
        row = Booking.objects.get(id=booking.id)
        assert (row.replaced_by is None) == (row.state == State.CANCELLING)
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def test_without_the_row_lock_one_booking_is_left_for_several(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same decision on a row that nobody holds. The places in the hospital still hold."""
    first, *others = _open(alpha)
    booking, who = _booked(alpha, first)
    monkeypatch.setattr(steps, "_LOCK", Select(Booking, "id = %(id)s"))
    decided, all_read = moving._movable, Barrier(2)

    def decide_together(booking_id: UUID, now: datetime) -> Booking:
        found = decided(booking_id, now)
        all_read.wait(10)
        return found

    monkeypatch.setattr(moving, "_movable", decide_together)
    in_threads(2, lambda index: _move(booking, who, others[index]))
    assert Booking.objects.filter(replaces=booking.id).count() == 2
