"""A booking at every institution of the district is a registration in that institution's own system.

The demo's own list: its dialects, its modes, its connector profiles. Each hospital is asked for one session instead of
two weeks of them.
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
from django.test import Client

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
from regional_services.booking.models import Booking, His, State
from tenants.directory import services as directory
from tenants.directory.models import Department, Service
from tenants.directory.steps import codes_on
from tenants.registry.seeding import connectors, institutions, outside
from tenants.scheduling import services as scheduling
from tests.booking import world
from tests.harness import exchange
from tests.harness.outside import Board, Outside, free_port
from tests.scheduling.builders import SYNC, session_id, snapshot

ResultT = TypeVar("ResultT", bound=Result)
ROWS = institutions.rows()
ONE_OF_EACH = list({row["dialect"]: row for row in ROWS}.values())


@dataclass(frozen=True)
class Everybody:
    """Institutions of the district, connected to their own systems."""

    codes: list[str]
    boards: dict[str, Board]

    def ask(self, code: str, request: Request, kind: type[ResultT]) -> ResultT:
        """One call through the hospital's own connector."""
        return pipeline.call(catalog.profile(code), request, uuid4().hex, lambda _wire: None).expect(kind)

    def open(self, code: str) -> tuple[str, str]:
        """Tell the hub of the hospital, its doctors and one session; the codes of the session and of a free number."""
        directory.apply_departments(code, self.ask(code, ListDepartments(), Departments), actor=SYNC)
        directory.apply_doctors(code, self.ask(code, ListDoctors(), Doctors), actor=SYNC)
        first = clock.today() + timedelta(days=1)
        listed = self.ask(code, ListSchedules(first_day=first, last_day=first + timedelta(days=1)), Schedules)
        offered = [row for row in listed.schedules if row.state is ScheduleState.OPEN and row.fee_fen]
        with hospital(code, read_only=True):  # not a child's immunisation, the first a community centre lists
            codes = codes_on(first, generation=1)
            adults = set(Department.objects.filter(service=Service.OUTPATIENT).values_list("id", flat=True))
            session = next(row for row in offered if codes.department(row.department_code) in adults)
        numbers = self.ask(code, ListNumbers(schedule_code=session.code), Numbers).numbers
        scheduling.apply_snapshot(code, snapshot((session,), numbers), actor=SYNC)
        return session.code, next(row.code for row in numbers if row.state is NumberState.FREE)


@pytest.fixture
def everybody(
    request: pytest.FixtureRequest, committed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
        world.limit(row["code"], settle_mode="pay_on_day")  # registered at once; how money goes is another test's
    outside.write_config(rows, tmp_path / "sandbox.json")
    config = json.loads((tmp_path / "sandbox.json").read_text(encoding="utf-8"))
    entries = [{**entry, "days": 3, "doctors": 1} for entry in config["hospitals"]]
    program = Outside(tmp_path, hospitals=entries, hub_url="http://127.0.0.1:9")
    gate.reset()
    try:
        yield Everybody(
            [row["code"] for row in rows], {row["code"]: program.board(f"his-{row['code']}") for row in rows}
        )
    finally:
        adapters.close_all()
        program.stop()


@pytest.mark.requirement("JA-HIS-02", "JA-APPT-31")
@pytest.mark.parametrize(
    "everybody",
    [pytest.param(ONE_OF_EACH, id="one-of-each-dialect"), pytest.param(ROWS, id="all-26", marks=pytest.mark.slow)],
    indirect=True,
)
def test_a_booking_anywhere_is_a_registration_there(everybody: Everybody, client: Client) -> None:
    booked = {}
    for code in everybody.codes:
        session, number = everybody.open(code)
        booked[code] = (session, number)
    drain()
    made = {
        code: world.book(code, session_id(code, session), world.resident()) for code, (session, _) in booked.items()
    }
    drain()
    for code, booking in made.items():
        after = Booking.objects.get(id=booking.id)
        assert (after.state, after.his) == (State.BOOKED, His.REGISTERED), code
        mine = [row for row in everybody.boards[code].act("registrations")["registrations"] if row["hub_number"]]
        assert [(row["schedule_code"], row["state"]) for row in mine] == [(booked[code][0], "booked")], code
    for code in everybody.codes:
        assert _sent(client, code, b"0" * 32) == 401, code  # who is not registered does not get in, at any of them
    assert _sent(client, "nobody", ring().secret(catalog.profile(everybody.codes[0]).secret_ref)) == 401


def _sent(client: Client, code: str, secret: bytes) -> int:
    """A message signed with this key; the answer's status."""
    path, body = f"/api/institution/v1/{code}/messages", b"{}"
    timestamp, nonce = str(int(clock.now().timestamp())), uuid4().hex
    sign = signing.signature(secret, path=path, timestamp=timestamp, nonce=nonce, body=body)
    head = {"timestamp": timestamp, "nonce": nonce, "sign": sign}
    return client.post(path, body, content_type="application/json", headers=head).status_code
