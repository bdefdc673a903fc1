"""What hospitals push: signed by their own key, taken once, refused with a precise reason."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from hub.outbox.events import RunsIn, handles
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.tenancy.scope import hospital
from hub.work import Unit
from institution_connectors.catalog import services as catalog
from institution_connectors.contracts import NumberTaken, ScheduleSnapshot, SessionStopped, VisitEvent, VisitEventKind
from institution_connectors.exchange import selectors, signing
from institution_connectors.exchange.events import (
    InboundEvent,
    NumberTakenReported,
    ScheduleSnapshotReceived,
    SessionStopReported,
    VisitEventReported,
)
from institution_connectors.exchange.models import Inbound, Refused
from tests.connectors.conftest import ACTOR, ALPHA, Connected
from tests.connectors.dialects import SECRET
from tests.harness.live import serving
from tests.harness.outside import HOST, Outside, free_port

TOLD: list[InboundEvent] = []


@handles(ScheduleSnapshotReceived, runs_in=RunsIn.HOSPITAL)
def note_snapshot(event: ScheduleSnapshotReceived, unit: Unit) -> None:
    unit.audit("test.told", target=f"inbound:{event.inbound_id}")
    TOLD.append(event)


@handles(SessionStopReported, runs_in=RunsIn.HOSPITAL)
def note_stop(event: SessionStopReported, unit: Unit) -> None:
    unit.audit("test.told", target=f"inbound:{event.inbound_id}")
    TOLD.append(event)


@handles(NumberTakenReported, runs_in=RunsIn.HOSPITAL)
def note_taken(event: NumberTakenReported, unit: Unit) -> None:
    unit.audit("test.told", target=f"inbound:{event.inbound_id}")
    TOLD.append(event)


@handles(VisitEventReported, runs_in=RunsIn.HOSPITAL)
def note_visit(event: VisitEventReported, unit: Unit) -> None:
    unit.audit("test.told", target=f"inbound:{event.inbound_id}")
    TOLD.append(event)


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    """Each test begins with an empty ear."""
    TOLD.clear()


def visit_message(**changes: Any) -> dict[str, Any]:
    """A message of the hospital: somebody arrived."""
    return {
        "message_id": "M0000000001",
        "source": "HIS-alpha",
        "incarnation": "1",
        "kind": "visit_event",
        "occurred_at": "2026-01-06 08:30:00",
        "data": {"event": "arrived", "reg_id": "G260106000001", "reg_hub_no": "H0001", "queue_no": "A007"},
        **changes,
    }


def push(client: Client, code: str, message: object, *, secret: str = SECRET, **head: str) -> Any:
    """Send a message as a vendor's program would."""
    path = f"/api/institution/v1/{code}/messages"
    body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    signed = {"timestamp": str(int(time.time())), "nonce": uuid4().hex, **head}
    signed["sign"] = head.get("sign") or signing.signature(
        secret.encode(), path=path, timestamp=signed["timestamp"], nonce=signed["nonce"], body=body
    )
    return client.post(path, body, content_type="application/json", headers=signed)


def stored(code: str) -> int:
    """How many messages the hospital's inbox has."""
    with hospital(code, read_only=True):
        return Inbound.objects.count()


def test_a_message_is_taken_and_its_fact_told(alpha_his: Connected, client: Client) -> None:
    answer = push(client, alpha_his.code, visit_message())
    assert (answer.status_code, answer.json()) == (200, {"code": "0", "message": "ok", "message_id": "M0000000001"})
    drain()
    [event] = TOLD
    assert isinstance(event, VisitEventReported)
    assert (event.kind, event.registration_number) == (VisitEventKind.ARRIVED, "H0001")
    with hospital(alpha_his.code, read_only=True):
        fact = selectors.fact(event.inbound_id, event.index)
    assert isinstance(fact, VisitEvent)
    assert (fact.ticket, fact.occurred_at.isoformat()) == ("A007", "2026-01-06T00:30:00+00:00")


def test_a_repeated_message_gets_the_same_acknowledgement_and_is_told_once(
    alpha_his: Connected, client: Client
) -> None:
    first = push(client, alpha_his.code, visit_message())
    again = push(client, alpha_his.code, visit_message())
    assert again.content == first.content
    drain()
    assert len(TOLD) == 1
    assert stored(alpha_his.code) == 1


def test_a_restored_system_numbers_anew_under_its_next_incarnation(alpha_his: Connected, client: Client) -> None:
    push(client, alpha_his.code, visit_message())
    push(client, alpha_his.code, visit_message(incarnation="2"))
    assert stored(alpha_his.code) == 2


@pytest.mark.control("MLPS/10")
def test_the_key_of_one_hospital_is_refused_for_another(
    alpha_his: Connected, beta_his: Connected, client: Client
) -> None:
    ring().put_secret("connector.beta", b"another-secret-of-at-least-thirty-two")
    assert push(client, beta_his.code, visit_message()).status_code == 401
    assert stored(beta_his.code) == 0


@pytest.mark.control("CES1-25/37")
@pytest.mark.parametrize("head", [{"sign": "0" * 64}, {"timestamp": "1700000000"}, {"nonce": "short"}])
def test_who_can_not_prove_it_is_refused(alpha_his: Connected, client: Client, head: dict[str, str]) -> None:
    answer = push(client, alpha_his.code, visit_message(), **head)
    assert (answer.status_code, answer.json()["code"]) == (401, "exchange.bad_signature")
    assert stored(alpha_his.code) == 0


def test_a_stranger_learns_nothing(alpha_his: Connected, client: Client) -> None:
    assert push(client, "nowhere", visit_message()).json()["code"] == "exchange.bad_signature"


def test_a_nonce_belongs_to_one_message(alpha_his: Connected, client: Client) -> None:
    nonce = uuid4().hex
    assert push(client, alpha_his.code, visit_message(), nonce=nonce).status_code == 200
    assert push(client, alpha_his.code, visit_message(message_id="M2"), nonce=nonce).status_code == 401


@pytest.mark.control("CES1-20/32")
@pytest.mark.requirement("BQ-IF-09")
@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"{", "not JSON"),
        (b"[]", "no JSON object"),
        ('{"message_id": "张"}'.encode("gb18030"), "character set"),
        (visit_message(kind="gossip"), "kind 'gossip' is not one of"),
        (visit_message(occurred_at="yesterday"), "message.occurred_at is no time"),
        (visit_message(data={"event": "arrived"}), "data.reg_id is missing"),
        (visit_message(data={"event": "slept", "reg_id": "G1"}), "event 'slept' is not one of"),
        (visit_message(message_id=""), "message.message_id is missing"),
    ],
)
def test_what_can_not_be_taken_is_refused_with_its_reason_and_kept(
    alpha_his: Connected, client: Client, message: object, reason: str
) -> None:
    answer = push(client, alpha_his.code, message)
    assert answer.status_code == 422
    assert reason in answer.json()["detail"]
    assert stored(alpha_his.code) == 0
    with hospital(alpha_his.code, read_only=True):
        assert reason in Refused.objects.get().reason


@pytest.fixture
def pushing(alpha: str, tmp_path: Path) -> Iterator[tuple[Outside, str]]:
    """Alpha's HIS, pushing to this hub over HTTP."""
    port = free_port()
    case = replace(ALPHA, his={"push": True}, port=free_port())
    ring().put_secret(f"connector.{alpha}", SECRET.encode())
    catalog.put_connector(actor=ACTOR, profile=case.profile)
    world = Outside(tmp_path, hospitals=[case.entry], hub_url=f"http://{HOST}:{port}")
    try:
        with serving(HOST, port):
            yield world, alpha
    finally:
        world.stop()


def told(kind: type[InboundEvent], *, seconds: float = 10) -> InboundEvent:
    """The newest event of a kind, waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        drain()
        found = [event for event in TOLD if type(event) is kind]
        if found:
            return found[-1]
        time.sleep(0.05)
    pytest.fail(f"no {kind.__name__} came")


def test_a_real_hospital_pushes_and_the_hub_knows_within_seconds(pushing: tuple[Outside, str]) -> None:
    world, code = pushing
    board = world.board(f"his-{code}")
    board.act("send_snapshot")
    event = told(ScheduleSnapshotReceived)
    with hospital(code, read_only=True):
        snapshot = selectors.fact(event.inbound_id, event.index)
    assert isinstance(snapshot, ScheduleSnapshot)
    assert snapshot.complete
    assert {number.schedule_code for number in snapshot.numbers} <= set(snapshot.sessions_with_numbers)

    sold = board.act("window_sale")
    taken = told(NumberTakenReported)
    with hospital(code, read_only=True):
        fact = selectors.fact(taken.inbound_id, taken.index)
    assert isinstance(fact, NumberTaken)
    assert (fact.number_code, fact.free) == (sold["number_code"], False)

    session = next(s.code for s in snapshot.schedules)
    began = time.monotonic()
    board.act("stop_session", schedule_code=session, from_sequence=5, reason="医生身体不适")
    stopped = told(SessionStopReported)
    assert time.monotonic() - began < 2
    with hospital(code, read_only=True):
        stop = selectors.fact(stopped.inbound_id, stopped.index)
    assert isinstance(stop, SessionStopped)
    assert (stop.stop.whole, stop.stop.from_sequence, stop.stop.reason) == (False, 5, "医生身体不适")


@pytest.mark.requirement("BQ-IF-10")
def test_messages_wait_while_the_hub_is_away_and_come_once_when_it_is_back(alpha: str, tmp_path: Path) -> None:
    port = free_port()
    case = replace(ALPHA, his={"push": True}, port=free_port())
    ring().put_secret(f"connector.{alpha}", SECRET.encode())
    catalog.put_connector(actor=ACTOR, profile=case.profile)
    world = Outside(tmp_path, hospitals=[case.entry], hub_url=f"http://{HOST}:{port}")
    try:
        board = world.board(f"his-{alpha}")
        board.switch("duplicate", only=["push"])
        sold = [board.act("window_sale")["number_code"] for _ in range(3)]
        with serving(HOST, port):
            end = time.monotonic() + 15
            while board.facts()["messages_waiting"] and time.monotonic() < end:
                time.sleep(0.1)
        drain()
        taken = [event.number_code for event in TOLD if isinstance(event, NumberTakenReported)]
        assert taken == sold
    finally:
        world.stop()
