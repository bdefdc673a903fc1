"""A whole small district: two hospitals with their HIS, payment channel, messages, city, and the hub, all talking."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from hub import clock
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.tenancy.scope import hospital
from institution_connectors.catalog import services as connectors
from institution_connectors.contracts import Options
from institution_connectors.runtime import adapters, gate
from regional_services.booking.models import Booking
from regional_services.booking.selectors import BookingView, booking_view
from regional_services.payments import selectors as payment_selectors
from regional_services.payments import services as payments
from tenants.appointments import selectors as appointments
from tenants.appointments.selectors import AppointmentView
from tenants.directory.services import ask_for_directory
from tenants.scheduling import selectors as scheduling
from tests.booking import world
from tests.booking.world import Resident
from tests.connectors.conftest import ACTOR
from tests.connectors.conftest import ALPHA as LARGE_ALPHA
from tests.connectors.conftest import BETA as LARGE_BETA
from tests.connectors.dialects import Case
from tests.harness.outside import Board, Outside, free_port
from tests.harness.parties import APPID, Parties, Postbox

# Ports of their own; both give the elderly a discount: the price of a number is a person's own.
_HIS = {"push": False, "senior_discount": True}
DAYS = 3  # every further day of sessions costs each test a quarter of a second
# Alpha keeps a department for the synthetic resident, beta does not.
_RESERVED = "9900"
ALPHA = replace(
    LARGE_ALPHA,
    his={**_HIS, "reserved_department": _RESERVED},
    options=Options(reserved_department=_RESERVED),
    days=DAYS,
    port=free_port(),
)
BETA = replace(LARGE_BETA, his=_HIS, days=DAYS, port=free_port())
CASES = (ALPHA, BETA)


@dataclass(frozen=True)
class District:
    """The running district; `his` are the switches and books of the hospitals' own systems."""

    parties: Parties
    postbox: Postbox
    client: Client
    his: dict[str, Board]

    def book(self, code: str, session: UUID, who: Resident, number: scheduling.NumberView | None = None) -> BookingView:
        """Book, and hear the hospital's answers."""
        asked = world.book(code, session, who, number)
        drain()
        return self.booking(asked.id)

    def pay(self, booking: BookingView, who: Resident) -> None:
        """Pay at the channel's cashier; its notice reaches the hub, the hub does what follows."""
        self.press_pay(booking, who)
        self.deliver()
        drain()

    def press_pay(self, booking: BookingView, who: Resident) -> None:
        """Only the payer's part: the channel took the money and its notice is on its way."""
        attempt = begin_paying(booking, who)
        drain()
        press(self.parties, attempt)

    def deliver(self, count: int = 1) -> None:
        """Hand the channel's notices to the hub."""
        for letter in self.postbox.wait(count):
            assert letter.deliver(self.client) in {200, 204}

    def registrations(self, code: str, booking_id: UUID) -> list[dict[str, object]]:
        """What the hospital's own books say about a booking."""
        number = self.appointment(code, booking_id).hub_number
        return list(self.his[code].act("registrations", hub_number=number)["registrations"])

    def appointment(self, code: str, booking_id: UUID) -> AppointmentView:
        """The hospital's side."""
        with hospital(code, read_only=True):
            found = appointments.appointment(booking_id)
        assert found is not None
        return found

    def booking(self, booking_id: UUID) -> BookingView:
        """The booking as it stands."""
        return booking_view(Booking.objects.get(id=booking_id))


def begin_paying(booking: BookingView, who: Resident) -> UUID:
    """The resident opens the cashier; the attempt's id. The hub asks the channel for it next."""
    assert booking.order_id is not None, booking
    return payments.start_attempt(
        booking.order_id, actor=who.actor, openid="oTestPayer0000000000000000001", command=world.command("pay")
    ).id


def press(parties: Parties, attempt_id: UUID) -> None:
    """He pays there; the channel's notice is on its way."""
    prepared = payment_selectors.attempt(attempt_id)
    assert prepared is not None
    assert prepared.ready, prepared
    parties.pay(prepared.prepay_id).raise_for_status()


def _made(place: Path) -> Path:
    place.mkdir()
    return place


@functools.cache
def _his_of_this_process(base: Path) -> Outside:
    return Outside(_made(base / "his"), hospitals=[case.entry for case in CASES], hub_url="http://127.0.0.1:9")


@functools.cache
def _parties_of_this_process(base: Path) -> Parties:
    return Parties(_made(base / "parties"))


@pytest.fixture(scope="session")
def his_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """The hospitals' own systems, started once a process: conftests that take this fixture over share them."""
    yield _his_of_this_process(tmp_path_factory.getbasetemp())
    _his_of_this_process(tmp_path_factory.getbasetemp()).stop()


@pytest.fixture(scope="session")
def parties_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """Everybody else, likewise."""
    yield _parties_of_this_process(tmp_path_factory.getbasetemp())
    _parties_of_this_process(tmp_path_factory.getbasetemp()).outside.stop()


@pytest.fixture
def district(
    alpha: str, beta: str, his_program: Outside, parties_program: Parties, settings: Settings, client: Client
) -> Iterator[District]:
    """Alpha sells a released pool, beta is locked first; both collect fees by themselves."""
    with running(CASES, his_program, parties_program, settings, client) as found:
        yield found


@contextmanager
def running(
    cases: tuple[Case, Case], his: Outside, parties: Parties, settings: Settings, client: Client
) -> Iterator[District]:
    """The district of two hospitals, whatever dialects they speak, until the end of the block."""
    parties.calm()
    settings.HUB_OUTSIDE = dict(parties.urls)
    settings.HUB_WECHAT_APPID = APPID
    boards = {case.code: _connect(case, his) for case in cases}
    first, second = (case.code for case in cases)
    world.register_institution(first, collecting=False)
    world.register_institution(second, his_locked=True, collecting=False)
    with Postbox() as postbox:
        settings.PUBLIC_ORIGIN = postbox.origin
        call_command("onboard_demo_merchants")
        for code in (first, second):
            ask_for_directory(code)
        drain()
        with clock.shifted(timedelta(minutes=2)):  # hospitals that push are given a moment before they are asked
            drain()
        yield District(parties, postbox, client, boards)
    for board in boards.values():
        board.all_off()
    adapters.close_all()


def _connect(case: Case, program: Outside) -> Board:
    gate.reset()
    ring().put_secret(f"connector.{case.code}", case.secret.encode())
    board = program.board(f"his-{case.code}")
    board.all_off()
    connectors.put_connector(actor=ACTOR, profile=replace(case.profile))
    return board
