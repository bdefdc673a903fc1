"""The road of an ask through the hub to hospitals that speak SOAP and HL7: committed, sent, answered or asked after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.tenancy.scope import hospital
from institution_connectors.catalog import services as catalog
from institution_connectors.contracts import (
    Cancelled,
    CancelRegistration,
    FindPatient,
    ListDepartments,
    Outcome,
    Registered,
)
from institution_connectors.exchange import polling, selectors
from institution_connectors.exchange.services import ask_now
from institution_connectors.runtime import adapters, gate
from tests.connectors.asking import answer_of, drain_until, enqueue, registration
from tests.connectors.conftest import ACTOR, Connected
from tests.connectors.dialects import CASES, SECRET, Case
from tests.connectors.people import hub_number
from tests.harness.outside import Outside

GB = [case for case in CASES if case.code in {"soaplock", "hllock"}]
POOLS = [case for case in CASES if case.code in {"soappool", "hlpool"}]


@pytest.fixture(params=POOLS, ids=[case.dialect for case in POOLS])
def his(request: pytest.FixtureRequest, alpha: str, outside: Outside) -> Iterator[Connected]:
    """The hub's hospital alpha, whose own system speaks another dialect."""
    yield from connected(request.param, alpha, outside)


@pytest.fixture(params=GB, ids=[case.dialect for case in GB])
def gb_his(request: pytest.FixtureRequest, alpha: str, outside: Outside) -> Iterator[Connected]:
    """Another one, which writes GB 18030."""
    yield from connected(request.param, alpha, outside)


def connected(case: Case, alpha: str, outside: Outside) -> Iterator[Connected]:
    gate.reset()
    ring().put_secret(f"connector.{case.code}", SECRET.encode())
    board = outside.board(f"his-{case.code}")
    board.all_off()
    profile = catalog.put_connector(actor=ACTOR, profile=replace(case.profile, hospital=alpha))
    yield Connected(alpha, profile, board)
    board.all_off()
    adapters.close_all()


@pytest.mark.requirement("JA-HIS-01")
def test_a_registration_is_made_and_cancelled(his: Connected) -> None:
    request = registration(his)
    asked = enqueue(his.code, request)
    drain_until(his.code, asked)
    registered = answer_of(his.code, asked).expect(Registered)
    (row,) = his.registrations(request.hub_number)
    assert (row["his_number"], row["state"]) == (registered.his_number, "booked")

    cancel = CancelRegistration(
        hub_number=hub_number(), registration_number=request.hub_number, his_number=registered.his_number
    )
    asked = enqueue(his.code, cancel, key="k2")
    drain_until(his.code, asked)
    assert not answer_of(his.code, asked).expect(Cancelled).already
    assert his.registrations(request.hub_number)[0]["state"] == "cancelled"


@pytest.mark.requirement("JA-PAY-16")
@pytest.mark.parametrize("fault", ["drop_answer", "hang", "empty_success", "garbage"])
def test_a_lost_answer_is_found_by_asking_and_nothing_is_done_twice(
    his: Connected, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("institution_connectors.contracts.operations._COMMAND_READ", 1.5)
    request = registration(his)
    his.board.switch(fault, times=1, only=["register"])
    asked = enqueue(his.code, request)
    drain_until(his.code, asked, seconds=40)
    assert answer_of(his.code, asked).outcome is Outcome.ACCEPTED
    assert len(his.registrations(request.hub_number)) == 1


def test_a_hospital_that_restarts_gets_it_when_it_is_back(his: Connected) -> None:
    request = registration(his)
    his.board.act("down")
    asked = enqueue(his.code, request)
    drain()
    his.board.act("restart")
    drain_until(his.code, asked, seconds=30)
    assert answer_of(his.code, asked).outcome is Outcome.ACCEPTED
    assert len(his.registrations(request.hub_number)) == 1


def test_messages_are_stored_masked_and_without_the_key(his: Connected) -> None:
    request = registration(his)
    asked = enqueue(his.code, request)
    drain_until(his.code, asked)
    with hospital(his.code, read_only=True):
        texts = [message.text or "" for message in selectors.detail(asked).messages]
    assert len(texts) >= 4
    for text in texts:
        assert SECRET not in text
        assert request.patient.document_number not in text
        assert request.patient.name not in text


def test_messages_in_gb_are_readable_and_masked(gb_his: Connected) -> None:
    passport = FindPatient(document_type="03", document_number="E12345678", name="欧阳小三")
    ask_now(gb_his.code, passport)
    ask_now(gb_his.code, ListDepartments())
    with hospital(gb_his.code, read_only=True):
        asked = [selectors.detail(row.id) for row in selectors.exchanges()]
        texts = "".join(message.text or "" for detail in asked for message in detail.messages)
    assert "全科医学科" in texts
    assert "欧阳小三" not in texts
    assert "E12345678" not in texts


def test_its_clock_and_its_sessions_are_looked_at(his: Connected) -> None:
    his.board.switch("clock_skew", 120)
    skew = his.probe().skew_ms
    assert skew is not None
    assert 115_000 < skew < 125_000
    his.board.all_off()
    day = clock.today() + timedelta(days=1)
    polled = polling.poll_schedules(his.code, first_day=day, last_day=day)
    assert polled.told
    assert 0 < polled.read <= polled.sessions  # stopped sessions are not read
