"""The whole flow again, with hospitals that speak FHIR R4: one by a bearer, one by signed assertions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.outbox.relay import drain
from institution_connectors.exchange import polling
from regional_services.booking import services
from regional_services.booking.models import His, Settlement, State
from regional_services.booking.verify import verify_hospital
from tests.booking import world
from tests.connectors.dialects import CASES, Case
from tests.flow.conftest import District
from tests.harness.outside import free_port


@pytest.fixture(scope="module")
def cases() -> tuple[Case, Case]:
    """The FHIR hospitals of the contract suite, as alpha and beta."""
    pool, lock = (case for case in CASES if case.dialect == "fhir_r4")
    return replace(pool, code="alpha", port=free_port()), replace(lock, code="beta", port=free_port())


@pytest.mark.requirement("JA-HIS-01", "BQ-IF-10")
def test_book_pay_register_cancel_and_a_stopped_clinic(district: District) -> None:
    first, second = world.resident(), world.resident()
    session = world.open_session("alpha")
    booking = district.book("alpha", session, first)
    district.pay(booking, first)
    known = district.booking(booking.id)
    assert (known.state, known.settlement, known.his) == (State.BOOKED, Settlement.PAID, His.REGISTERED)
    [row] = district.registrations("alpha", booking.id)
    assert row["state"] == "paid"

    # an answer lost after the work is resolved by asking for our number, and done once
    district.his["alpha"].switch("drop_answer", True, times=1, only=("cancel_registration",))
    services.cancel_booking(actor=first.actor, booking_id=booking.id, reason="时间有变化")
    drain()
    assert district.booking(booking.id).state is State.CANCELLED
    [row] = district.registrations("alpha", booking.id)
    assert row["state"] == "cancelled"
    district.deliver()
    drain()
    assert district.booking(booking.id).settlement is Settlement.REFUNDED

    # a hospital that owns its numbers is locked first, pays, registers on the lock; then the doctor is ill
    session = world.open_session("beta")
    booking = world.book("beta", session, second)
    assert booking.state is State.LOCKING
    drain()
    district.pay(district.booking(booking.id), second)
    assert district.booking(booking.id).his is His.REGISTERED
    [row] = district.registrations("beta", booking.id)
    district.his["beta"].act("stop_session", schedule_code=row["schedule_code"], reason="医生外出")
    assert polling.poll_stopped("beta") == 1
    drain()
    district.deliver()
    drain()
    after = district.booking(booking.id)
    assert (after.state, after.settlement) == (State.STOPPED, Settlement.REFUNDED)
    assert [*verify_hospital("alpha", quiet=timedelta(0)), *verify_hospital("beta", quiet=timedelta(0))] == []
