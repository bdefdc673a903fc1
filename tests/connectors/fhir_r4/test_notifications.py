"""A hospital's FHIR server tells what it was asked to tell: subscribed, authenticated, each version taken once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.tenancy.errors import HospitalClosed
from hub.tenancy.scope import hospital
from institution_connectors.adapters.fhir_r4 import public_key
from institution_connectors.catalog import selectors as selectors_of_catalog
from institution_connectors.catalog import services as catalog
from institution_connectors.contracts import NumberTaken, Options, ScheduleSnapshot, SessionStopped
from institution_connectors.exchange import selectors, signing, subscriptions
from institution_connectors.exchange.events import (
    InboundEvent,
    NumberTakenReported,
    ScheduleSnapshotReceived,
    SessionStopReported,
)
from institution_connectors.exchange.models import Inbound, Message, Refused
from institution_connectors.runtime import adapters, gate
from tests.connectors.conftest import ACTOR
from tests.connectors.dialects import CASES, SECRET, Case
from tests.connectors.fhir_r4.test_document import PUSHES
from tests.connectors.test_inbound import TOLD, told
from tests.harness.live import serving
from tests.harness.outside import HOST, Board, Outside, free_port

POOL = next(case for case in CASES if case.code == "fhirpool")


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    """Each test begins with an empty ear."""
    TOLD.clear()


def connected(code: str, case: Case) -> None:
    """The hub's hospital with this connector."""
    gate.reset()
    ring().put_secret(f"connector.{code}", case.secret.encode())
    catalog.put_connector(actor=ACTOR, profile=case.profile)


@pytest.fixture
def pushing(alpha: str, tmp_path: Any, settings: Settings) -> Iterator[Board]:
    """Alpha with a FHIR server of its own that may notify; and the hub, listening."""
    port = free_port()
    case = replace(POOL, code=alpha, his={"push": True}, port=free_port())
    connected(alpha, case)
    settings.PUBLIC_ORIGIN = f"http://{HOST}:{port}"
    world = Outside(tmp_path, hospitals=[case.entry], hub_url=settings.PUBLIC_ORIGIN)
    with serving(HOST, port):
        yield world.board(f"his-{alpha}")
    world.stop()
    adapters.close_all()


def fact(code: str, event: InboundEvent) -> object:
    """What an event tells of."""
    with hospital(code, read_only=True):
        return selectors.fact(event.inbound_id, event.index)


def _sent(board: Board) -> None:
    end = time.monotonic() + 25
    while board.facts()["messages_waiting"] and time.monotonic() < end:
        time.sleep(0.1)
    assert not board.facts()["messages_waiting"]


@pytest.mark.requirement("BQ-IF-10")
def test_a_subscribed_server_tells_each_change_once_and_is_subscribed_again_after_a_restore(
    alpha: str, pushing: Board
) -> None:
    pushing.act("backup")
    answer = subscriptions.keep(alpha)
    assert answer is not None
    assert answer.text == "6 subscriptions made"
    assert (subscriptions.keep(alpha) or answer).text == ""  # they stand
    with hospital(alpha, read_only=True):
        assert not Message.objects.exists()  # what would hold the token is not kept
    snapshot = fact(alpha, told(ScheduleSnapshotReceived))
    assert isinstance(snapshot, ScheduleSnapshot)
    assert snapshot.complete
    assert {number.schedule_code for number in snapshot.numbers} == set(snapshot.sessions_with_numbers)
    _sent(pushing)

    pushing.switch("duplicate", only=["push"])
    sold = pushing.act("window_sale")["number_code"]
    session = next(one.code for one in snapshot.schedules)
    pushing.act("stop_session", schedule_code=session, from_sequence=5, reason="医生身体不适")
    stopped = fact(alpha, told(SessionStopReported))
    assert isinstance(stopped, SessionStopped)
    assert (stopped.stop.whole, stopped.stop.from_sequence, stopped.stop.reason) == (False, 5, "医生身体不适")
    [taken] = [event for event in TOLD if isinstance(event, NumberTakenReported)]  # sent twice, told once
    number = fact(alpha, taken)
    assert isinstance(number, NumberTaken)
    assert (number.number_code, number.free) == (sold, False)

    pushing.all_off()
    pushing.act("restore")  # yesterday's books know of no subscription
    pushing.act("window_sale")
    assert (subscriptions.keep(alpha) or answer).text == "6 subscriptions made"
    _sent(pushing)
    drain()
    with pytest.raises(HospitalClosed):  # its books went back: nothing is done before they were compared (ADR 0320)
        fact(alpha, taken)


def _notify(client: Client, code: str, resource: object, token: str, *, method: str = "put") -> Any:
    path = f"/api/institution/v1/{code}/fhir" + ("/Slot/x" if method == "put" else "")
    body = resource if isinstance(resource, bytes) else json.dumps(resource, ensure_ascii=False).encode()
    send = client.put if method == "put" else client.post
    return send(path, body, content_type="application/fhir+json", headers={"Authorization": f"Bearer {token}"})


def test_strangers_and_broken_resources_are_refused_and_a_repeat_is_not(alpha: str, beta: str, client: Client) -> None:
    connected(alpha, replace(POOL, code=alpha))
    connected(beta, replace(POOL, code=beta, secret=SECRET[::-1]))
    good = signing.notification_token(SECRET.encode(), alpha)
    of_beta = signing.notification_token(SECRET[::-1].encode(), beta)
    for token in ("", "x", of_beta, SECRET):
        assert _notify(client, alpha, PUSHES["Slot"], token).status_code == 401
    assert _notify(client, "nobody", PUSHES["Slot"], good).status_code == 401

    first, again = (_notify(client, alpha, PUSHES["Slot"], good) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["resourceType"] == "OperationOutcome"
    collected = _notify(client, alpha, PUSHES["Bundle"], good, method="post")
    assert collected.status_code == 200, collected.content
    with hospital(alpha, read_only=True):
        assert Inbound.objects.count() == 2

    broken = {**PUSHES["Slot"], "status": "sold"}
    refused = _notify(client, alpha, broken, good)
    assert refused.status_code == 422
    [issue] = refused.json()["issue"]
    assert (issue["code"], issue["expression"]) == ("code-invalid", ["Slot.status"])
    assert _notify(client, alpha, b"\xb4\xed", good).status_code == 422
    with hospital(alpha, read_only=True):
        assert Refused.objects.count() == 2
        assert "Slot.status" in Refused.objects.order_by("received_at")[0].reason


def test_a_key_of_our_own_is_made_for_a_server_that_wants_assertions(alpha: str, beta: str) -> None:
    connected(alpha, replace(POOL, code=alpha))
    connected(beta, replace(CASES[0], code=beta))
    said = StringIO()
    call_command("fhir_key", alpha, "--client-id", "hub", "--key-id", "k1", stdout=said)
    profile = selectors_of_catalog.profile(alpha)
    assert profile.options.extra == {"auth": "smart", "client_id": "hub", "key_id": "k1"}
    assert public_key(ring().secret(profile.secret_ref)) == said.getvalue().rstrip("\n") + "\n"
    with pytest.raises(CommandError, match="rest_json"):
        call_command("fhir_key", beta, "--client-id", "hub")


def test_hospitals_that_are_polled_or_push_in_their_own_way_are_not_subscribed(
    alpha: str, beta: str, client: Client
) -> None:
    connected(alpha, replace(POOL, code=alpha, options=Options(polled=True)))
    connected(beta, replace(CASES[0], code=beta))
    assert subscriptions.keep(alpha) is None
    assert subscriptions.keep(beta) is None
    token = signing.notification_token(SECRET.encode(), beta)
    assert _notify(client, beta, PUSHES["Slot"], token).status_code == 401
