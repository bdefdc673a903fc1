"""The district comes back from yesterday while its hospitals, on a server of their own, went on (practice 20)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from hub import clock
from hub.outbox.relay import drain
from regional_services.booking import services
from regional_services.booking.models import Booking, His, Outcome, Settlement, State
from regional_services.booking.resync import reading
from regional_services.booking.verify import verify_hospital
from regional_services.payments import selectors as payments
from tests.booking import world
from tests.crash.lives import deliver_all, sweeps
from tests.harness import databases
from tests.harness.outside import Outside
from tests.harness.second import alone, second
from tests.recovery.conftest import District

__all__ = ["alone", "second"]


@pytest.fixture
def yesterday(committed: None) -> Callable[[], Callable[[], None]]:
    """`go_back = yesterday()` keeps a copy of the district's database; `go_back()` puts it in the place of today's."""
    return databases.keep_a_copy


def _settle(district: District) -> None:
    """Whatever is on its way arrives, sweeps included."""
    for later in (0, 6, 70):
        with clock.shifted(timedelta(seconds=later)):
            sweeps()
            drain()
            deliver_all(district)
            drain()


def test_a_district_of_yesterday_follows_its_hospitals(
    empty_his: Outside, district: District, second: str, alone: None, yesterday: Callable[[], Callable[[], None]]
) -> None:
    kept, cancelled, paid_later, new = (world.resident() for _ in range(4))
    district.parties.switch("wechat-pay", "refund_seconds", 0)
    call_command("move_hospital", "alpha", "--to", second, "--go", verbosity=0)
    session = world.open_session("alpha")
    stands = district.book("alpha", session, kept)
    district.pay(stands, kept)
    to_cancel = district.book("alpha", session, cancelled)
    district.pay(to_cancel, cancelled)
    held = district.book("alpha", session, paid_later)
    since, go_back = clock.now(), yesterday()

    district.pay(held, paid_later)
    services.cancel_booking(actor=cancelled.actor, booking_id=to_cancel.id, reason="时间有变化")
    _settle(district)
    assert district.booking(to_cancel.id).settlement is Settlement.REFUNDED
    unknown = district.book("alpha", session, new)
    district.pay(unknown, new)
    registered = {one.id: district.registrations("alpha", one.id) for one in (stands, held, unknown)}

    go_back()
    assert not Booking.objects.filter(pk=unknown.id).exists(), "the district has forgotten it"
    assert district.booking(held.id).settlement is Settlement.UNPAID
    said = StringIO()
    call_command("resync", "alpha", "--cause", "public", "--since", since.isoformat(), "--by", "王工", stdout=said)
    assert "机构已开放" in said.getvalue()
    _settle(district)

    now = district.booking(to_cancel.id)
    assert (now.state, now.settlement) == (State.CANCELLED, Settlement.REFUNDED)
    assert to_cancel.order_id is not None
    [attempt] = payments.attempts(to_cancel.order_id)
    assert len(district.parties.refunds(attempt.out_trade_no)) == 1, "the money went back once"
    for one in (stands, held):
        now = district.booking(one.id)
        assert (now.state, now.settlement, now.his) == (State.BOOKED, Settlement.PAID, His.REGISTERED)
        assert district.registrations("alpha", one.id) == registered[one.id], "nothing was registered twice"
    [run] = reading.runs()
    lines = {(item.booking_id, item.outcome) for item in reading.items(run.id)}
    assert (unknown.id, Outcome.HUMAN) in lines, "a person decides about what only the hospital knows"
    assert (to_cancel.id, Outcome.PUSHED) in lines
    assert [fault.booking_id for fault in verify_hospital("alpha", quiet=timedelta(0))] in ([], [unknown.id])
