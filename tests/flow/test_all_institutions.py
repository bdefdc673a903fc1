"""The whole flow at every institution of the district, as the demo makes them: two residents book at each.

Where a hospital is paid to confirm, both pay (WeChat's own signatures on the way out and on the notices). Both are
registered in that institution's own system; one of them cancels, gets his money back, and the system has his number to
give again. At the end nobody's books differ. Each hospital is asked for one session instead of two weeks of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from hub import clock
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.tenancy.provision import create_hospital
from hub.tenancy.scope import hospital
from institution_connectors.catalog import selectors as catalog
from institution_connectors.contracts import (
    Departments,
    Doctors,
    ListDepartments,
    ListDoctors,
    ListNumbers,
    ListSchedules,
    Numbers,
    NumberState,
    Request,
    Result,
    Schedules,
    ScheduleState,
)
from institution_connectors.exchange import signing
from institution_connectors.runtime import adapters, gate, pipeline
from regional_services.booking import services as bookings
from regional_services.booking.models import Booking, His, Settlement, State
from regional_services.booking.selectors import BookingView, booking_view
from tenants.appointments import selectors as appointments
from tenants.directory import services as directory
from tenants.directory.models import Department, Service
from tenants.directory.steps import codes_on
from tenants.registry.seeding import connectors, institutions, outside
from tenants.scheduling import services as scheduling
from tests.booking import world
from tests.booking.world import Resident
from tests.flow.conftest import begin_paying, press
from tests.harness import exchange
from tests.harness.outside import Board, Outside, free_port
from tests.harness.parties import APPID, Parties, Postbox
from tests.scheduling.builders import SYNC, session_id, snapshot

ResultT = TypeVar("ResultT", bound=Result)
ROWS = institutions.rows()
ONE_OF_EACH = list({row["dialect"]: row for row in ROWS}.values())
PAID_FIRST = {row["code"] for row in ROWS if row["settle_mode"] == "pay_to_confirm"}
AHEAD = timedelta(days=2)  # some hospitals let nobody cancel in the last twelve hours


@dataclass(frozen=True)
class Asked:
    """A resident's booking at an institution, as it stood when he asked."""

    code: str
    who: Resident
    booking: BookingView

    @property
    def now(self) -> BookingView:
        """As it stands."""
        return booking_view(Booking.objects.get(id=self.booking.id))


@dataclass(frozen=True)
class Everybody:
    """Institutions of the district, connected to their own systems; the payment channel, and its notices' way."""

    codes: list[str]
    boards: dict[str, Board]
    parties: Parties
    postbox: Postbox
    client: Client

    def ask(self, code: str, request: Request, kind: type[ResultT]) -> ResultT:
        """One call through the hospital's own connector."""
        return pipeline.call(catalog.profile(code), request, uuid4().hex, lambda _wire: None).expect(kind)

    def open(self, code: str) -> str:
        """Tell the hub of the hospital, its doctors and one session with room for two; the session's own code."""
        directory.apply_departments(code, self.ask(code, ListDepartments(), Departments), actor=SYNC)
        directory.apply_doctors(code, self.ask(code, ListDoctors(), Doctors), actor=SYNC)
        first = clock.today() + AHEAD
        listed = self.ask(code, ListSchedules(first_day=first, last_day=first + timedelta(days=1)), Schedules)
        offered = [row for row in listed.schedules if row.state is ScheduleState.OPEN and row.fee_fen]
        with hospital(code, read_only=True):  # not a child's immunisation, the first a community centre lists
            codes = codes_on(first, generation=1)
            adults = set(Department.objects.filter(service=Service.OUTPATIENT).values_list("id", flat=True))
            session = next(row for row in offered if codes.department(row.department_code) in adults)
        numbers = self.ask(code, ListNumbers(schedule_code=session.code), Numbers).numbers
        scheduling.apply_snapshot(code, snapshot((session,), numbers), actor=SYNC)
        return session.code

    def free_in(self, code: str, session: str) -> set[str]:
        """The codes of the numbers the hospital's own system would give to anybody now."""
        numbers = self.ask(code, ListNumbers(schedule_code=session), Numbers).numbers
        return {row.code for row in numbers if row.state is NumberState.FREE}

    def registered(self, asked: Asked) -> dict[str, object]:
        """The one registration of a booking in the hospital's own books."""
        with hospital(asked.code, read_only=True):
            mine = appointments.appointment(asked.booking.id)
        assert mine is not None
        [row] = self.boards[asked.code].act("registrations", hub_number=mine.hub_number)["registrations"]
        return dict(row)

    def pay(self, asked: list[Asked]) -> None:
        """Everybody pays what he owes; the channel's notices reach the hub, the hub does what follows."""
        attempts = [begin_paying(one.now, one.who) for one in asked]
        drain()
        for attempt in attempts:
            press(self.parties, attempt)
        self.deliver(len(asked))

    def deliver(self, count: int) -> None:
        """Hand the channel's notices to the hub."""
        for letter in self.postbox.wait(count) if count else ():
            assert letter.deliver(self.client) in {200, 204}
        drain()


@pytest.fixture
def everybody(
    request: pytest.FixtureRequest,
    committed: None,
    parties_program: Parties,
    settings: Settings,
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Everybody]:
    """The institutions of the parameter, as the demo makes them."""
    rows: list[dict[str, str]] = request.param
    ports = {order: free_port() for order in range(len(rows))}
    monkeypatch.setattr(outside, "his_port", ports.__getitem__)
    monkeypatch.setattr(connectors, "his_port", ports.__getitem__)
    exchange.postgresql()
    institutions.store(actor=SYNC)
    connectors.store(rows, actor=SYNC)
    for row in rows:
        create_hospital(row["code"])
    outside.write_config(rows, tmp_path / "sandbox.json")
    config = json.loads((tmp_path / "sandbox.json").read_text(encoding="utf-8"))
    entries = [{**entry, "days": 4, "doctors": 1} for entry in config["hospitals"]]
    program = Outside(tmp_path, hospitals=entries, hub_url="http://127.0.0.1:9")
    gate.reset()
    parties_program.calm()
    settings.HUB_OUTSIDE = dict(parties_program.urls)
    settings.HUB_WECHAT_APPID = APPID
    boards = {row["code"]: program.board(f"his-{row['code']}") for row in rows}
    try:
        with Postbox() as postbox:
            settings.PUBLIC_ORIGIN = postbox.origin
            call_command("onboard_demo_merchants")
            yield Everybody(list(boards), boards, parties_program, postbox, client)
    finally:
        adapters.close_all()
        program.stop()


@pytest.mark.requirement("JA-HIS-02", "JA-APPT-31")
@pytest.mark.parametrize(
    "everybody",
    [pytest.param(ONE_OF_EACH, id="one-of-each-dialect"), pytest.param(ROWS, id="all-26", marks=pytest.mark.slow)],
    indirect=True,
)
def test_the_whole_flow_anywhere(everybody: Everybody) -> None:
    sessions = {code: everybody.open(code) for code in everybody.codes}
    drain()
    free = {code: everybody.free_in(code, session) for code, session in sessions.items()}
    stays = [_asked(code, session) for code, session in sessions.items()]
    leaves = [_asked(code, session) for code, session in sessions.items()]
    drain()  # their systems name the price, lock, or have heard enough
    everybody.pay([one for one in (*stays, *leaves) if one.code in PAID_FIRST])
    for one in (*stays, *leaves):
        _is_registered(everybody, one, sessions[one.code])
    for code, session in sessions.items():
        mine = {str(everybody.registered(one)["number_code"]) for one in (*stays, *leaves) if one.code == code}
        assert (len(mine), everybody.free_in(code, session)) == (2, free[code] - mine), code
    for one in leaves:
        bookings.cancel_booking(actor=one.who.actor, booking_id=one.booking.id, reason="时间有变化")
    drain()
    everybody.deliver(sum(one.code in PAID_FIRST for one in leaves))
    for one in leaves:
        _is_given_back(everybody, one)
    for one in stays:
        _is_registered(everybody, one, sessions[one.code])
        number = str(everybody.registered(one)["number_code"])
        assert everybody.free_in(one.code, sessions[one.code]) == free[one.code] - {number}, one.code
    for command, given in (("verify_bookings", ["--quiet-seconds", "0"]), ("verify_numbers", []), ("verify_money", [])):
        call_command(command, *given)  # raises if one book differs from another
    _lets_no_stranger_in(everybody)


def _asked(code: str, session: str) -> Asked:
    who = world.resident()
    return Asked(code, who, world.book(code, session_id(code, session), who))


def _is_registered(everybody: Everybody, asked: Asked, session: str) -> None:
    """Booked with the hub, paid where that comes first, and in the hospital's own books."""
    paid = asked.code in PAID_FIRST
    after, known = asked.now, everybody.registered(asked)
    assert (after.state, after.his) == (State.BOOKED, His.REGISTERED), asked.code
    assert after.settlement is (Settlement.PAID if paid else Settlement.UNPAID), asked.code
    assert (known["schedule_code"], known["state"]) == (session, "paid" if paid else "booked"), asked.code
    assert known["fee_fen"] == after.fee_fen, asked.code


def _is_given_back(everybody: Everybody, asked: Asked) -> None:
    """Cancelled on both sides; whoever had paid has all of it again, by the channel's own books."""
    paid = asked.code in PAID_FIRST
    after = asked.now
    assert after.state is State.CANCELLED, asked.code
    assert after.settlement is (Settlement.REFUNDED if paid else Settlement.UNPAID), asked.code
    assert everybody.registered(asked)["state"] == "cancelled", asked.code


def _lets_no_stranger_in(everybody: Everybody) -> None:
    """A message under another key is refused at each of them, and so is one from a hospital that is none."""
    for code in everybody.codes:
        assert _sent(everybody.client, code, b"0" * 32) == 401, code
    assert _sent(everybody.client, "nobody", ring().secret(catalog.profile(everybody.codes[0]).secret_ref)) == 401


def _sent(client: Client, code: str, secret: bytes) -> int:
    """A message signed with this key; the answer's status."""
    path, body = f"/api/institution/v1/{code}/messages", b"{}"
    timestamp, nonce = str(int(clock.now().timestamp())), uuid4().hex
    sign = signing.signature(secret, path=path, timestamp=timestamp, nonce=nonce, body=body)
    head = {"timestamp": timestamp, "nonce": nonce, "sign": sign}
    return client.post(path, body, content_type="application/json", headers=head).status_code
