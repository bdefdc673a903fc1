"""Each row of the compensation table (docs/FLOW.md), broken off in its very transaction: all of it or nothing."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections

from hub.ids import uuid7
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.booking.models import Booking, BookingStep, Reservation, Settlement, State
from regional_services.booking.process import Effect, Input, NotAllowed, Standing, Twin, decide
from regional_services.booking.steps import advance
from regional_services.payments import selectors as payments
from tests.booking import world
from tests.booking.test_process import standings
from tests.crash.guillotine import Guillotine, Killed

_TABLE = (Path(__file__).resolve().parents[2] / "docs" / "FLOW.md").read_text(encoding="utf-8")
_ALL = re.findall(r"^\| `(\w+)` \| `(\w+)` \| [^|]* \| `(\w+)` \|", _TABLE, re.MULTILINE)
# A payment the hospital refuses was really made: the walk of `lives.payment_refused` breaks that move off.
ROWS = [row for row in _ALL if row[1] != Input.PAYMENT_REFUSED]


def _standing(state: str, what: str, after: str) -> Standing:
    """One from which the row's event leads where the row says, of an order nobody has paid yet."""
    for standing in standings():
        if standing.state != state or standing.settlement is not Settlement.UNPAID or not standing.fee:
            continue
        if standing.shared:
            continue
        if standing.ordered is (state in {State.NEW, State.LOCKING}):
            continue
        try:
            decision = decide(standing, Input(what))
        except NotAllowed:
            continue
        if decision.state == after and Effect.REFUND not in decision.effects:
            return standing
    raise AssertionError(f"{state} + {what} never leads to {after}")


def _bring_to(code: str, standing: Standing) -> UUID:
    """A booking in that standing: a real hold and, where there is one, a real order."""
    view = world.book(code, world.open_for_booking(code), world.resident())
    Booking.objects.filter(id=view.id).update(
        state=standing.state,
        wish=standing.wish or "",
        pay_on_day=standing.pay_on_day,
        his_locked=standing.his_locked,
        replaced_by=uuid7() if standing.twin is Twin.LEAVING else None,
        replaces=uuid7() if standing.twin is Twin.TAKING else None,
        moving=standing.twin if standing.twin in {Twin.TAKING, Twin.UNDONE} else "",
        his="registered" if standing.registered else "pending",
        order_id=view.order_id if standing.ordered else None,
    )
    Reservation.objects.filter(booking_id=view.id).update(active=standing.state is not State.EXPIRED)
    return view.id


def _happen(booking_id: UUID, what: str) -> None:
    with work(REGION, actor=world.SETUP) as unit:
        advance(unit, booking_id, Input(what))


def _picture(booking_id: UUID) -> tuple[object, ...]:
    """All that a move can change, in public: what it asks of hospitals and channels are rows of the outbox."""
    booking = Booking.objects.filter(id=booking_id).values().get()
    order = payments.order_of_booking(booking_id)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM region_outbox")
        [(deliveries,)] = cursor.fetchall()
    active = Reservation.objects.filter(booking_id=booking_id, active=True).exists()
    return booking, order, deliveries, active, BookingStep.objects.filter(booking_id=booking_id).count()


@pytest.mark.parametrize(("state", "what", "after"), ROWS)
def test_a_crash_in_a_move_undoes_it_and_its_repeat_makes_it_once(
    state: str, what: str, after: str, alpha: str
) -> None:
    booking_id = _bring_to(alpha, _standing(state, what, after))
    before = _picture(booking_id)
    with Guillotine(1).standing(), pytest.raises(Killed):
        _happen(booking_id, what)
    assert _picture(booking_id) == before
    _happen(booking_id, what)
    assert Booking.objects.get(id=booking_id).state == after
    assert BookingStep.objects.filter(booking_id=booking_id).count() == before[-1] + 1  # type: ignore[operator]


def test_the_table_was_read() -> None:
    assert len(ROWS) >= 25
