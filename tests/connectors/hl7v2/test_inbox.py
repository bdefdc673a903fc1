"""A sandbox hospital pushes HL7 to the real listener, which commits to the real database before it acknowledges."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hub.security.keyring import ring
from hub.tenancy.scope import hospital
from institution_connectors.adapters.hl7v2_mllp import Listener, Manners, Receiver
from institution_connectors.catalog import services as catalog
from institution_connectors.contracts import (
    BookingMode,
    Fact,
    MoneyUnit,
    NumberTaken,
    Options,
    PatientsMerged,
    ScheduleSnapshot,
    SessionStopped,
    decode_fact,
)
from institution_connectors.exchange import models
from institution_connectors.exchange.hl7 import door_of
from institution_connectors.runtime import adapters
from tests.connectors.conftest import ACTOR
from tests.connectors.dialects import SECRET, Case
from tests.harness.outside import HOST, Board, Outside, free_port

CASE = Case(
    code="alpha",
    dialect="hl7v2_mllp",
    endpoint="mllp://{host}:{port}",
    mode=BookingMode.HUB_POOL,
    options=Options(money_unit=MoneyUnit.YUAN, charset="gb18030", extra={"facility": "H07"}),
)


@contextmanager
def listening(port: int) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listener = Listener(Manners(host=HOST, port=port, workers=2), Receiver(door_of).answer)
    asyncio.run_coroutine_threadsafe(listener.start(), loop).result(5)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(listener.stop(), loop).result(15)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


@pytest.fixture
def hl7_port() -> int:
    return free_port()


@contextmanager
def opened(hl7_port: int, directory: Path) -> Iterator[Board]:
    """The hospital alpha of the sandbox; it has a snapshot of each of its two days to tell from the beginning."""
    options = {"charset": "gb18030", "facility": "H07", "hub_mllp": f"{HOST}:{hl7_port}"}
    entry = {**CASE.entry, "kind": "dental", "days": 2, "options": options}
    world = Outside(directory, hospitals=[entry], hub_url="http://127.0.0.1:9")
    try:
        yield world.board("his-alpha")
    finally:
        world.stop()


def connect_alpha() -> None:
    ring().put_secret("connector.alpha", SECRET.encode())
    catalog.put_connector(actor=ACTOR, profile=CASE.profile)


def stored(*kinds: type[Fact]) -> list[Fact]:
    with hospital("alpha", read_only=True):
        rows = list(models.Inbound.objects.order_by("received_at").values_list("facts", flat=True))
    facts = [decode_fact(fact) for row in rows for fact in row]
    return [fact for fact in facts if isinstance(fact, kinds)]


def until(ready: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def test_what_happens_at_the_hospital_reaches_its_inbox(alpha: str, hl7_port: int, tmp_path: Path) -> None:
    connect_alpha()
    with listening(hl7_port), opened(hl7_port, tmp_path) as his:
        until(lambda: len(stored(ScheduleSnapshot)) == 2)
        snapshots = [fact for fact in stored(ScheduleSnapshot) if isinstance(fact, ScheduleSnapshot)]
        assert all(snapshot.complete and snapshot.schedules for snapshot in snapshots)
        tomorrow = max(snapshots, key=lambda snapshot: snapshot.first_day)
        assert "普通" in {session.class_name for session in tomorrow.schedules}

        session = tomorrow.schedules[0]
        his.switch("duplicate", only=["push"], times=1)
        sold = his.act("window_sale", schedule_code=session.code)
        his.act("stop_session", schedule_code=session.code, reason="医生临时停诊")
        until(lambda: bool(stored(SessionStopped)))
        (taken,) = stored(NumberTaken)
        assert isinstance(taken, NumberTaken)
        assert taken.number_code == sold["number_code"]
        (stopped,) = stored(SessionStopped)
        assert isinstance(stopped, SessionStopped)
        assert (stopped.stop.schedule_code, stopped.stop.reason) == (session.code, "医生临时停诊")
        until(lambda: his.facts()["messages_waiting"] == 0)
    adapters.close_all()


def test_what_was_told_while_the_listener_was_down_arrives_afterwards(
    alpha: str, hl7_port: int, tmp_path: Path
) -> None:
    connect_alpha()
    with opened(hl7_port, tmp_path) as his:
        sold = his.act("window_sale")
        assert his.facts()["messages_waiting"] == 3
        with listening(hl7_port):
            until(lambda: his.facts()["messages_waiting"] == 0, seconds=40)
    (taken,) = stored(NumberTaken)
    assert isinstance(taken, NumberTaken)
    assert taken.number_code == sold["number_code"]
    adapters.close_all()


def test_a_connector_switched_off_for_a_while_loses_nothing(alpha: str) -> None:
    ring().put_secret("connector.alpha", SECRET.encode())
    catalog.put_connector(actor=ACTOR, profile=replace(CASE.profile, enabled=False))
    head = f"MSH|^~\\&|HIS|H07|HUB|JA|20260105081531|{SECRET}|ADT^A31|C1|P|2.4"
    (answer,) = Receiver(door_of).answer(f"{head}\rPID|1||7^^^H07^MR\r".encode(), "10.0.0.7")
    assert b"MSA|AE|C1" in answer
    (stranger,) = Receiver(door_of).answer(head.replace("H07", "H99").encode(), "10.0.0.7")
    assert b"MSA|AR|C1" in stranger


@pytest.mark.requirement("BQ-IF-09")
def test_a_message_that_can_never_be_taken_is_kept_with_its_reason(alpha: str) -> None:
    connect_alpha()
    head = f"MSH|^~\\&|HIS|H07|HUB|JA|20260105081531|{SECRET}|SIU^S12|C1|P|2.4||||||GB 18030-2000"
    (answer,) = Receiver(door_of).answer(f"{head}\rSCH||1\r".encode("gb18030"), "10.0.0.7")
    assert "MSA|AR|C1|message: ZNB: the numbers touched are required" in answer.decode("gb18030")
    with hospital("alpha", read_only=True):
        (refused,) = models.Refused.objects.values("reason", "body")
    assert refused["reason"] == "message: ZNB: the numbers touched are required"
    assert SECRET not in refused["body"]
    assert stored(PatientsMerged) == []
    adapters.close_all()
