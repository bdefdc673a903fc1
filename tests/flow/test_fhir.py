"""The whole flow again, with hospitals that speak FHIR R4: one by a bearer, one by signed assertions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from hub.outbox.relay import drain
from institution_connectors.exchange import polling
from regional_services.booking import services
from regional_services.booking.models import His, Settlement, State
from regional_services.booking.verify import verify_hospital
from tests.booking import world
from tests.connectors.dialects import CASES
from tests.flow.conftest import District, running
from tests.harness.outside import Outside, free_port
from tests.harness.parties import Parties

_POOL, _LOCK = (case for case in CASES if case.dialect == "fhir_r4")
SYSTEMS = replace(_POOL, code="alpha", port=free_port()), replace(_LOCK, code="beta", port=free_port())


@pytest.fixture(scope="module")
def fhir_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """The FHIR hospitals of the contract suite, as alpha and beta."""
    program = Outside(
        tmp_path_factory.mktemp("fhir"), hospitals=[case.entry for case in SYSTEMS], hub_url="http://127.0.0.1:9"
    )
    yield program
    program.stop()


@pytest.fixture
def district(
    alpha: str, beta: str, fhir_program: Outside, parties_program: Parties, settings: Settings, client: Client
) -> Iterator[District]:
    """The district of these two."""
    assert (alpha, beta) == tuple(case.code for case in SYSTEMS)
    with running(SYSTEMS, fhir_program, parties_program, settings, client) as found:
        yield found


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
