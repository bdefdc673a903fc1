"""Automatic queueing and passing over at each of the district's 26 institutions (JA-QUEUE-06)."""

from __future__ import annotations

import pytest

from hub.outbox.relay import drain
from hub.tenancy.provision import create_hospital
from tenants.queueing import timekeeping
from tenants.queueing.models import EntryState
from tenants.registry.seeding import institutions
from tests.queueing.world import at_clinic, clinic

ROWS = institutions.rows()


def _marked(order: int, code: str) -> object:
    """The first of the list in every run, all of them in the long one."""
    return pytest.param(code, id=code, marks=() if order == 0 else (pytest.mark.slow,))


def test_the_list_has_them_all() -> None:
    assert len({row["code"] for row in ROWS}) == 26


@pytest.mark.requirement("JA-QUEUE-06")
@pytest.mark.parametrize("code", [_marked(order, row["code"]) for order, row in enumerate(ROWS)])
def test_people_enter_the_line_by_themselves_and_the_clock_passes_who_is_missing(code: str, committed: None) -> None:
    """On the morning of the day, in order of booked time; the one who has not come when his time is over is passed."""
    create_hospital(code)
    day = clinic(code, 3)
    with at_clinic(8):
        timekeeping.enter_day(code)
        drain(outside=False)
        assert [one.booking_id for one in day.board().missing] == list(day.bookings)
        day.arrive(0, 2)
        assert day.call() == 0
    with at_clinic(9):
        assert day.call() == 2
        timekeeping.tick(code)
        drain(outside=False)
        passed = day.entry(1)
        assert (passed.state, passed.pass_reason, day.told(1, "queue.passed")) == (EntryState.PASSED, "clock", 1)
        assert day.entry(2).state is EntryState.CALLED  # who is there is never passed by the clock
