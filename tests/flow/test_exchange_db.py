"""The main job at a hospital that has no messages but a database: booked, paid, registered, cancelled, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

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
from tests.connectors.dialects import exchange_case
from tests.flow.conftest import BETA, District, running
from tests.harness.outside import Outside, free_port
from tests.harness.parties import Parties

CASES = (exchange_case("alpha", "postgresql"), replace(BETA, port=free_port()))


@pytest.fixture(scope="module")
def own_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """Alpha's system is reached through an exchange database."""
    program = Outside(
        tmp_path_factory.mktemp("his"), hospitals=[case.entry for case in CASES], hub_url="http://127.0.0.1:9"
    )
    yield program
    program.stop()


@pytest.fixture
def district(
    alpha: str, beta: str, own_program: Outside, parties_program: Parties, settings: Settings, client: Client
) -> Iterator[District]:
    """The district with such a hospital in it."""
    with running(CASES, own_program, parties_program, settings, client) as found:
        yield found


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
