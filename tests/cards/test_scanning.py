"""A health card or an insurance code at the desk finds its person, by its issuer's word and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from hub import clock
from hub.outbox.relay import drain
from hub.security import blind
from hub.security.keyring import ring
from hub.security.roles import Role
from hub.tenancy.scope import hospital, region
from regional_services.cards import services
from regional_services.cards.kinds import Scheme, scheme_of
from regional_services.cards.models import HeldCard, Scan
from regional_services.identity.models import Identifier
from sandbox.outside.health_card import static_code
from sandbox.outside.insurer import insurance_code
from sandbox.outside.people import person
from tenants.patients.models import PatientArchive
from tests.booking import world
from tests.harness.outside import HOST, Outside, free_port
from tests.portal.desks import desk_of, text_of

SECRET = "cards-test-secret"
HUMAN = person(11)


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


def test_codes_are_told_from_numbers_by_their_shape() -> None:
    assert scheme_of(f" {static_code(HUMAN)} ") is Scheme.HEALTH_CARD
    assert scheme_of(insurance_code(HUMAN)) is Scheme.INSURANCE
    for other in (HUMAN.document_number, HUMAN.phone, "沈云", "B1234567890123456789012345AB", ""):
        assert scheme_of(other) is None, other
