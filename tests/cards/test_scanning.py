"""A health card or an insurance code at the desk finds its person, by its issuer's word and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings

from hub import clock
from hub.api import throttling
from hub.api.throttling import Rate
from hub.errors import NotFound
from hub.journal.hospital.models import AuditRow
from hub.outbox.relay import drain
from hub.security import blind
from hub.security.keyring import ring
from hub.security.roles import Role
from hub.tenancy.scope import hospital, region
from regional_services.cards import outside, services
from regional_services.cards.kinds import Scheme, scheme_of
from regional_services.cards.models import HeldCard, Scan
from regional_services.identity.models import Identifier
from sandbox.outside.health_card import static_code
from sandbox.outside.insurer import insurance_code
from sandbox.outside.people import Human, person
from tenants.patients.models import PatientArchive
from tenants.queueing.models import PresentBy
from tenants.queueing.rules import Way
from tests.booking import world
from tests.harness.browser import visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, Outside, free_port
from tests.portal.desks import desk_of, text_of
from tests.queueing.kiosks import TALL, at, held_up, machine_at, scan_at, tried
from tests.queueing.world import at_clinic, clinic, staff

SECRET = "cards-test-secret"
HUMAN, OTHER = person(11), person(13)


@dataclass
class Issuers:
    """Both issuers."""

    outside: Outside
    urls: dict[str, str]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuers]:
    """One program for a file's tests."""
    ports = {"health_card": free_port(), "insurer": free_port()}
    running = Outside(
        Path(tmp_path_factory.mktemp("issuers")),
        hub_url="http://localhost",
        parties={
            "health_card": {"port": ports["health_card"], "app": "yunxi-hub", "secret": SECRET},
            "insurer": {"port": ports["insurer"], "secret": SECRET},
        },
    )
    yield Issuers(running, {name: f"http://{HOST}:{port}" for name, port in ports.items()})
    running.stop()


@pytest.fixture
def issuers(program: Issuers, settings: Settings) -> Issuers:
    settings.HUB_OUTSIDE = {**settings.HUB_OUTSIDE, **program.urls}
    for reference in ("outside.health_card", "outside.insurer"):
        ring().put_secret(reference, SECRET.encode())
    for key in ("health-card", "insurer"):
        program.outside.board(key).all_off()
    return program


@pytest.fixture
def issuers_today(issuers: Issuers, monkeypatch: pytest.MonkeyPatch) -> Issuers:
    """The issuers' clocks stand at today, also where the clinic's is put on to its visit day."""
    today = SimpleNamespace(now=lambda: datetime.now(UTC), local=clock.local)
    monkeypatch.setattr(outside, "clock", today)
    return issuers


@pytest.fixture
def desk(alpha: str, issuers: Issuers) -> Client:
    """The reception of a hospital that knows HUMAN by a booking."""
    session = world.open_for_booking(alpha, 3, fee_fen=0)
    who = world.resident()
    with region():
        Identifier.objects.filter(person_id=who.person_id).update(
            number=HUMAN.document_number, number_index=blind.index("person.document", HUMAN.document_number)
        )
    world.book(alpha, session, who)
    drain(outside=False)
    return desk_of(Role.RECEPTION, hospital=alpha)


def scanned(desk: Client, code: str) -> str:
    """Scan; the address of the waiting page."""
    answer = desk.post("/workspace/scan", {"q": code})
    assert answer.headers["Location"].startswith("/workspace/scan/"), answer.headers
    return str(answer.headers["Location"])


def archive() -> Any:
    with hospital("alpha", read_only=True):
        return PatientArchive.objects.get().id


@pytest.mark.parametrize(
    ("scheme", "code"),
    [(Scheme.HEALTH_CARD, static_code(HUMAN)), (Scheme.INSURANCE, insurance_code(HUMAN))],
)
def test_a_code_leads_to_its_person_once(desk: Client, scheme: Scheme, code: str) -> None:
    here = scanned(desk, code)
    assert "正在向发卡方核验" in text_of(desk.get(here))
    with region(read_only=True):
        row = Scan.objects.get()
        assert (row.scheme, row.code) == (scheme, code)
    drain()
    found = desk.get(here)
    assert found.status_code == 302
    assert found.headers["Location"].startswith(f"/workspace/people/{archive()}")
    assert "已经用过" in text_of(desk.get(here)), "what the issuer said is used once"
    with region(read_only=True):
        row, held = Scan.objects.get(), HeldCard.objects.get()
        assert (row.code, row.number) == ("", ""), "neither code nor number stays"
        assert held.person_id == Identifier.objects.get().person_id
    assert desk_of(Role.RECEPTION, hospital="alpha", login_name="second").get(here).status_code == 404
    assert desk_of(Role.RECEPTION, hospital="beta", login_name="third").get(here).status_code == 404


def test_what_is_no_good_and_what_is_not_answered(desk: Client, issuers: Issuers) -> None:
    forged = scanned(desk, f"{'AB' * 32}:0")
    drain()
    assert "二维码无效或已过期" in text_of(desk.get(forged))
    issuers.outside.board("insurer").switch("down")
    silent = scanned(desk, insurance_code(HUMAN))
    drain()
    assert "请用身份证" in text_of(desk.get(silent))
    issuers.outside.board("health-card").switch("token_gone", times=1)
    again = scanned(desk, static_code(HUMAN))
    drain()
    assert desk.get(again).status_code == 302, "a token that ran out is fetched anew"


def test_what_nobody_used_is_forgotten(desk: Client) -> None:
    scanned(desk, static_code(HUMAN))
    drain()
    with clock.shifted(timedelta(minutes=11)):
        assert services.forget_old() == 1
    with region(read_only=True):
        assert Scan.objects.get().number == ""


@pytest.mark.browser
def test_a_machine_in_the_hall_takes_the_same_codes(
    alpha: str, issuers_today: Issuers, chromium: Browser, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder is checked in; a code that is no good, a stranger's and an issuer's silence are each said plainly."""
    day, port = clinic(alpha, 2), free_port()
    settings.PUBLIC_ORIGIN = f"http://localhost:{port}"
    for human, who in ((HUMAN, day.people[0]), (OTHER, day.people[1])):
        _carries(human, who.person_id)
    machine = machine_at(alpha)
    with at_clinic(8):
        by = clock.now() - datetime.now(UTC)
    kiosk = visitor(chromium, f"http://{alpha}.localhost:{port}")
    kiosk.page.set_viewport_size(TALL)  # type: ignore[arg-type]
    page = kiosk.page
    with serving(HOST, port), monkeypatch.context() as moved:
        moved.setattr(clock, "_shift", ContextVar("shift", default=by))  # the threads that serve live there as well
        kiosk.go(machine)
        kiosk.look("kiosk-start-cards")
        scan_at(kiosk, static_code(HUMAN))
        expect(page.get_by_role("heading", name="正在核验")).to_be_visible()
        kiosk.look("kiosk-asking")
        drain()
        expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
        assert HUMAN.document_number not in page.content()
        page.get_by_role("button", name="完成").click()
        scan_at(kiosk, insurance_code(OTHER))
        expect(page.get_by_role("heading", name="正在核验")).to_be_visible()
        drain()
        expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
        page.get_by_role("button", name="完成").click()
        scan_at(kiosk, f"{'AB' * 32}:0")
        drain()
        expect(page.get_by_text("这个码无效或已过期")).to_be_visible()
        kiosk.look("kiosk-code-refused")
        assert kiosk.troubles == []
        assert [day.entry(index).present_by for index in (0, 1)] == [PresentBy.KIOSK] * 2
        browser = at(alpha)
        assert "今天在本院没有可以签到的预约" in _said(browser, machine, static_code(person(12)))
        issuers_today.outside.board("insurer").switch("down")
        assert "发卡方暂时没有答复" in _said(browser, machine, insurance_code(HUMAN))
    with region(read_only=True):
        assert not any(row.code or row.number for row in Scan.objects.all())
    with hospital(alpha, read_only=True):
        refused = AuditRow.objects.filter(action="queueing.kiosk_refused").values_list("detail__why", flat=True)
        assert set(refused) == {"kiosk.code_refused", "queueing.kiosk_nothing_holder", "kiosk.code_unanswered"}


def test_a_machines_scan_is_its_own_and_costs_what_a_try_costs(
    alpha: str, beta: str, issuers_today: Issuers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine, a desk and another hospital can't use it; nobody is asked where the rules forbid machines."""
    day = clinic(alpha, 1)
    _carries(HUMAN, day.people[0].person_id)
    closed = machine_at(alpha, ways=(Way.TAP,))
    browser = at(alpha)
    with at_clinic(8):
        assert "没有开放签到机签到" in tried(browser, closed, static_code(HUMAN))
        with region(read_only=True):
            assert not Scan.objects.exists()
        machine, other = machine_at(alpha), machine_at(alpha)
        here = held_up(browser, machine, static_code(HUMAN))
        shown = {"shown": here.rsplit("/", 1)[1]}
        assert browser.post(f"{machine}/answer", shown)["Location"] == here, "the issuer has not answered yet"
        drain()
        with region(read_only=True):
            scan = Scan.objects.get()
        assert browser.post(f"{other}/answer", shown)["Location"] == other
        assert at(beta).post(f"{machine}/answer", shown).status_code == 404
        assert desk_of(Role.RECEPTION, hospital=alpha).get(f"/workspace/scan/{scan.id}").status_code == 404
        nurse = staff(alpha, Role.RECEPTION)
        with pytest.raises(NotFound):
            services.use(actor=nurse, hospital=alpha, scan_id=scan.id)
        done = browser.post(f"{machine}/answer", shown)["Location"]
        assert "签到成功" in text_of(browser.get(done))
        assert browser.post(f"{machine}/answer", shown)["Location"] == machine, "used once"
        monkeypatch.setitem(throttling.RATES, "kiosk", Rate(per_minute=0.1, burst=4))
        third = machine_at(alpha)
        assert "这个码无效" in _said(browser, third, f"{'CD' * 32}:0")  # costs four: one, and three as a miss
        assert "操作太频繁" in tried(browser, third, static_code(HUMAN))


def _carries(human: Human, person_id: UUID) -> None:
    """This resident is the fictional person whose codes the issuers know."""
    index = blind.index("person.document", human.document_number)
    with region():
        Identifier.objects.filter(person_id=person_id).update(number=human.document_number, number_index=index)
    with hospital("alpha"):
        PatientArchive.objects.filter(person_id=person_id).update(
            document_number=human.document_number,
            document_index=blind.index("patients.document", human.document_number, "alpha"),
        )


def _said(browser: Client, machine: str, code: str) -> str:
    """What a machine says once the card's issuer has had his turn."""
    here = held_up(browser, machine, code)
    drain()
    return text_of(browser.get(browser.post(f"{machine}/answer", {"shown": here.rsplit("/", 1)[1]})["Location"]))


def test_codes_are_told_from_numbers_by_their_shape() -> None:
    assert scheme_of(f" {static_code(HUMAN)} ") is Scheme.HEALTH_CARD
    assert scheme_of(insurance_code(HUMAN)) is Scheme.INSURANCE
    for other in (HUMAN.document_number, HUMAN.phone, "沈云", "B1234567890123456789012345AB", ""):
        assert scheme_of(other) is None, other
