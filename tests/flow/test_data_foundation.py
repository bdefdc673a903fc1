"""The data foundation hears of bookings and master data, each once, and holds nobody up (ADR 1120)."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from hub import clock
from hub.actor import Actor, ActorKind, system_actor
from hub.outbox import services as outbox
from hub.outbox.events import Delivery
from hub.outbox.relay import drain
from hub.outbox.selectors import dead_letters, outside_lines
from hub.security.keyring import ring
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.scope import REGION, hospital, region
from hub.tenancy.statements import Statement
from hub.work import Unit, work
from regional_services.booking import services
from regional_services.booking.models import His, Settlement, State
from regional_services.booking.selectors import BookingView
from regional_services.foundation import line, sending, tasks
from regional_services.foundation.models import Entry, EntryState, Line
from tenants.directory import editing
from tenants.directory import selectors as directory
from tenants.directory.models import Service
from tests.booking import world
from tests.booking.world import Resident
from tests.flow.conftest import District
from tests.flow.test_whole_flow import _differences, _settle_refund
from tests.harness.outside import Board
from tests.harness.parties import SECRET

OPERATOR = system_actor("运维")
TYPE = "cn.health-district-hub."


@pytest.fixture
def foundation(district: District, settings: Settings) -> Iterator[Board]:
    """The party, and a hub that knows its address."""
    settings.HUB_OUTSIDE = {**settings.HUB_OUTSIDE, "data_foundation": district.parties.foundation_url}
    ring().put_secret("outside.data_foundation", SECRET.encode())
    board = district.parties.outside.board("data-foundation")
    yield board
    board.all_off()


def told(board: Board, subject: object) -> list[str]:
    """What the foundation has of a subject, in the order in which it came."""
    return [event["type"].removeprefix(TYPE) for event in events(board, subject)]


def events(board: Board, subject: object = "") -> list[dict[str, Any]]:
    """The same, whole."""
    return list(board.act("events", subject=str(subject))["events"])


def paid_booking(district: District) -> tuple[Resident, BookingView]:
    """Booked, paid and registered."""
    who = world.resident()
    booking = district.book("alpha", world.open_session("alpha"), who)
    district.pay(booking, who)
    return who, booking


def later(minutes: int) -> None:
    """What was sent back is due again."""
    with clock.shifted(timedelta(minutes=minutes)):
        drain()


@pytest.mark.requirement("WX-DEPLOY-03")
def test_bookings_and_master_data_arrive_each_once_and_hold_nobody_up(
    district: District, foundation: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One district for all of it: master data, an outage, a lost answer, a cancellation, a change, a rejection."""
    _master_data_arrives(foundation)
    who, booking = _an_outage_holds_up_no_booking(district, foundation, monkeypatch)
    _what_waited_arrives_once(foundation, booking)
    _a_lost_answer_is_asked_for_again(district, foundation, who, booking)
    assert str(booking.id) in httpx.get(f"{district.parties.foundation_url}/").text
    _a_change_of_the_hospital_is_told(foundation)
    _a_rejected_event_is_an_operators(district, foundation)
    assert _nothing_waits()
    with clock.shifted(timedelta(days=31)):
        assert tasks.tidy() > 0
    with region(read_only=True):
        assert not Entry.objects.exists()


def _master_data_arrives(foundation: Board) -> None:
    tasks.compare()
    drain()
    assert told(foundation, "institution/alpha") == ["master.institution.v1"]
    came = Counter(event["subject"] for event in events(foundation))
    assert {came[subject] for subject in _directory("alpha")} == {1}
    assert tasks.compare() == 0, "what was told is not told again"


def _an_outage_holds_up_no_booking(
    district: District, foundation: Board, monkeypatch: pytest.MonkeyPatch
) -> tuple[Resident, BookingView]:
    monkeypatch.setattr(sending, "BEGIN_ANEW", 2)
    foundation.switch("down")
    who, booking = paid_booking(district)
    after = district.booking(booking.id)
    assert (after.state, after.settlement, after.his) == (State.BOOKED, Settlement.PAID, His.REGISTERED)
    assert _differences() == []
    for hour in range(1, 4):  # more attempts than a delivery has
        later(60 * hour)
    assert dead_letters(REGION) == []
    [failing] = [row for row in outside_lines() if row.handler == "regional_services.foundation.hand_over"]
    assert failing.failing == 1, "one wake, whatever waits"
    with region(read_only=True):
        assert Entry.objects.filter(state=EntryState.WAITING).count() == 3
    assert told(foundation, booking.id) == []
    return who, booking


def _what_waited_arrives_once(foundation: Board, booking: BookingView) -> None:
    foundation.off("down")
    foundation.switch("garbage", times=1)
    for hour in (4, 5):
        later(60 * hour)
    assert told(foundation, booking.id) == ["booking.made.v1", "booking.paid.v1", "booking.registered.v1"]
    assert _nothing_waits()


def _a_lost_answer_is_asked_for_again(
    district: District, foundation: Board, who: Resident, booking: BookingView
) -> None:
    foundation.switch("lose_answer", times=1)  # it has them, and we don't know
    services.cancel_booking(actor=who.actor, booking_id=booking.id, reason="时间有变化")
    drain()
    _settle_refund(district)
    later(60 * 6)
    steps = ["made", "paid", "registered", "cancelled", "refunded"]
    assert told(foundation, booking.id) == [f"booking.{step}.v1" for step in steps]
    assert max(event["times"] for event in events(foundation, booking.id)) > 1
    _is_pseudonymous(events(foundation, booking.id), who)


def _a_change_of_the_hospital_is_told(foundation: Board) -> None:
    with hospital("alpha", read_only=True):
        department = next(row for row in directory.departments() if row.service == Service.OUTPATIENT)
    _change_service(department.id)
    drain()
    [_, changed] = events(foundation, f"department/{department.id}")
    assert changed["data"]["service"] == Service.CHECKUP


def _a_rejected_event_is_an_operators(district: District, foundation: Board) -> None:
    foundation.switch("reject", "费用科目缺失", only=(f"{TYPE}booking.paid.v1",))
    _who, booking = paid_booking(district)
    assert told(foundation, booking.id) == ["booking.made.v1", "booking.registered.v1"], "the others go on"
    [letter] = dead_letters(REGION)
    assert letter.name == "foundation.entry_rejected"
    assert "费用科目缺失" in letter.last_error
    foundation.off("reject")
    outbox.replay(REGION, letter.id, actor=OPERATOR, reason="数据底座已补科目")
    drain()
    assert told(foundation, booking.id)[-1] == "booking.paid.v1"
    assert dead_letters(REGION) == []


def _directory(code: str) -> list[str]:
    with hospital(code, read_only=True):
        departments, doctors = directory.departments(), directory.doctors()
    kept = {row.id for row in departments if row.code == "9900"}  # for the synthetic resident, and nobody's business
    assert kept
    return [
        *(f"department/{row.id}" for row in departments if row.id not in kept),
        *(f"doctor/{row.id}" for row in doctors if row.department_id not in kept),
    ]


def _is_pseudonymous(found: list[dict[str, Any]], who: Resident) -> None:
    text = json.dumps(found, ensure_ascii=False)
    assert "沈云" not in text
    assert str(who.person_id) not in text
    assert str(who.actor.id) not in text
    assert len({event["data"]["person"] for event in found}) == 1
    assert {event["specversion"] for event in found} == {"1.0"}


def _change_service(department_id: Any) -> None:
    manager = Actor(
        kind=ActorKind.STAFF,
        id=uuid4(),
        name="门办",
        institution="alpha",
        permissions=permissions_of([Role.HOSPITAL_MANAGER]),
    )
    facts = {"own_intro": "", "notice": "", "sensitivity": "", "service": Service.CHECKUP}
    editing.edit_department(actor=manager, hospital="alpha", department_id=department_id, **facts)


def _nothing_waits() -> bool:
    with region(read_only=True):
        return not Entry.objects.exclude(state=EntryState.ACCEPTED).exists() and not Line.objects.get().is_awake


def test_where_there_is_no_foundation_nothing_is_stored_and_with_one_a_booking_costs_the_same(
    alpha: str, settings: Settings
) -> None:
    session = world.open_for_booking(alpha, 4)
    off: list[int] = []
    on: list[int] = []
    for costs, address in ((off, ""), (off, ""), (on, "http://127.0.0.1:9")):  # the first warms what is cached
        settings.HUB_OUTSIDE = {**settings.HUB_OUTSIDE, "data_foundation": address}
        who, number = world.resident(), world.free_numbers(alpha, session)[0]
        with (
            CaptureQueriesContext(connections["default"]) as public,
            CaptureQueriesContext(connections["hospital"]) as inside,
        ):
            world.book(alpha, session, who, number)
        costs.append(len(public) + len(inside))
        drain(outside=False)
        with region(read_only=True):
            assert Entry.objects.exists() == bool(address)
    assert on == off[1:]


@pytest.mark.usefixtures("committed")
def test_the_line_never_sleeps_over_an_entry(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """A sender looks for the last time while an entry is stored, and not yet committed; without the lock it sleeps."""
    settings.HUB_OUTSIDE = {**settings.HUB_OUTSIDE, "data_foundation": "http://127.0.0.1:9"}
    _store_while_a_sender_looks(together=True)
    monkeypatch.setattr(line, "_TOGETHER", Statement("default", "SELECT 1"))
    with region():
        Entry.objects.all().delete()
    _store_while_a_sender_looks(together=False)


def _store_while_a_sender_looks(*, together: bool) -> None:
    with region():
        Line.objects.update(is_awake=True)
    asleep: list[bool] = []
    looking = threading.Thread(target=lambda: _look_last(asleep))
    with work(REGION, actor=OPERATOR) as unit:
        Entry.objects.create(event_id=uuid4(), subject="booking", kind="k", body={}, stored_at=unit.now)
        unit.audit("test.stored", target="entry")
        line.wake(unit)
        looking.start()
        looking.join(0.3)
        assert looking.is_alive() == together
    looking.join(5)
    assert asleep == [not together]


def _look_last(asleep: list[bool]) -> None:
    def end(_unit: Unit) -> None:
        return

    now = clock.now()
    delivery = Delivery(event_id=uuid4(), source=REGION, attempt=1, deadline=now + timedelta(minutes=1), end_in=end)
    try:
        asleep.append(line.rest(delivery))
    finally:
        connections.close_all()
