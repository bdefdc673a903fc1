"""The main job at a hospital that has no messages but a database: booked, paid, registered, cancelled, stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from institution_connectors.exchange import polling
from regional_services.booking import services
from regional_services.booking.models import His, Settlement, State
from regional_services.booking.selectors import BookingView
from regional_services.booking.verify import verify_hospital
from tenants.scheduling.models import Session
from tests.booking import world
from tests.connectors.dialects import Case, exchange_case
from tests.flow.conftest import BETA, District


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    """Alpha's system is reached through an exchange database."""
    return exchange_case("alpha", "postgresql"), BETA


def _paid(district: District, who: world.Resident) -> BookingView:
    booking = district.book("alpha", world.open_session("alpha"), who)
    assert booking.state is State.AWAITING_PAYMENT
    district.pay(booking, who)
    return district.booking(booking.id)


@pytest.mark.requirement("JA-HIS-01", "JA-APPT-11", "JA-APPT-22")
def test_booked_paid_registered_cancelled_and_stopped_through_a_database(district: District) -> None:
    goes, stays, lost = world.resident(), world.resident(), world.resident()
    cancelled, stopped = _paid(district, goes), _paid(district, stays)
    for booking in (cancelled, stopped):
        assert (booking.state, booking.settlement, booking.his) == (State.BOOKED, Settlement.PAID, His.REGISTERED)
        assert [row["state"] for row in district.registrations("alpha", booking.id)] == ["paid"]

    # the job did the work and its answer never came: asked after by our number, done once
    district.his["alpha"].switch("drop_answer", True, times=1, only=("register",))
    doubtful = _paid(district, lost)
    with clock.shifted(timedelta(minutes=1)):
        drain()
    assert district.booking(doubtful.id).his is His.REGISTERED
    assert len(district.registrations("alpha", doubtful.id)) == 1

    services.cancel_booking(actor=goes.actor, booking_id=cancelled.id, reason="时间有变化")
    drain()
    assert [row["state"] for row in district.registrations("alpha", cancelled.id)] == ["cancelled"]
    district.deliver()
    drain()
    after = district.booking(cancelled.id)
    assert (after.state, after.settlement) == (State.CANCELLED, Settlement.REFUNDED)

    with hospital("alpha", read_only=True):
        session = Session.objects.get(id=stopped.session_id).his_code
    district.his["alpha"].act("stop_session", schedule_code=session, reason="医生外出")
    assert polling.poll_stopped("alpha") == 1
    drain()
    district.deliver(2)
    drain()
    for booking in (stopped, doubtful):
        after = district.booking(booking.id)
        assert (after.state, after.settlement) == (State.STOPPED, Settlement.REFUNDED)
    assert any(message.title == "预约已结束" for message in world.messages_of(stays))
    assert list(verify_hospital("alpha", quiet=timedelta(0))) == []
