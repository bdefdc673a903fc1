"""One tap between registering and paying: accepted, refused, unknown; the order never changes (JA-APPT-24)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from hub import clock
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.booking.models import Booking
from regional_services.booking.selectors import BookingView
from regional_services.identity.consents import INSURANCE_VOUCHER
from regional_services.identity.models import Identifier
from regional_services.identity.selectors import has_consent
from regional_services.insurance.models import Activation
from regional_services.payments.models import Order
from sandbox.outside.people import person
from tests.booking import world
from tests.booking.world import Resident
from tests.harness.outside import HOST, Board, Outside, free_port
from tests.portal.desks import desk_of, text_of
from tests.security.matrix.examples import merchant, resident_browser, resident_token

SECRET = "insurer-test-secret"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outside, str]]:
    """The insurer, for a file's tests."""
    port = free_port()
    running = Outside(
        Path(tmp_path_factory.mktemp("insurer")),
        hub_url="http://localhost",
        parties={"insurer": {"port": port, "secret": SECRET}},
    )
    yield running, f"http://{HOST}:{port}"
    running.stop()


@pytest.fixture
def insurer(program: tuple[Outside, str], settings: Settings) -> Board:
    settings.HUB_OUTSIDE = {**settings.HUB_OUTSIDE, "insurer": program[1]}
    ring().put_secret("outside.insurer", SECRET.encode())
    board = program[0].board("insurer")
    board.all_off()
    return board


def registered(alpha: str) -> tuple[Resident, BookingView, str]:
    """Somebody with an unpaid registration; and the address of his voucher."""
    who = world.resident()
    session = world.open_for_booking(alpha, 3, fee_fen=2500)
    merchant(alpha)
    booking = world.book(alpha, session, who)
    resident_browser(who).get(f"/bookings/{booking.id}/pay")  # he looked at what is to be paid
    drain(outside=False)
    return who, booking, f"/bookings/{booking.id}/voucher"


def as_it_stands(booking: BookingView) -> list[Any]:
    """Booking and order, every column."""
    with region(read_only=True):
        rows: list[Any] = list(Booking.objects.filter(id=booking.id).values())
        return rows + list(Order.objects.filter(booking_id=booking.id).values())


@pytest.mark.requirement("JA-APPT-24")
def test_one_tap_activates_and_returns_to_pay(alpha: str, insurer: Board) -> None:
    who, booking, here = registered(alpha)
    before, browser = as_it_stands(booking), resident_browser(who)
    assert "一键激活" in text_of(browser.get(f"/bookings/{booking.id}/pay"))
    assert "请先同意" in text_of(browser.post(here, follow=True))
    with region(read_only=True):
        assert not Activation.objects.exists(), "nothing is told without consent"
    assert "正在向医保局激活" in text_of(browser.post(here, {"agreed": "1"}, follow=True))
    browser.post(here, {"agreed": "1"})
    drain()
    back = browser.get(here)
    assert (back.status_code, back.headers["Location"]) == (302, f"/bookings/{booking.id}/pay")
    page = text_of(browser.get(back.headers["Location"]))
    assert "医保电子凭证已激活" in page
    assert "一键激活" not in page
    with region(read_only=True):
        assert Activation.objects.count() == 1, "two taps are one activation"
        assert has_consent(who.person_id, INSURANCE_VOUCHER)
    assert insurer.facts()["vouchers"] == 1
    assert as_it_stands(booking) == before
    assert resident_browser(world.resident()).get(here).status_code == 404


@pytest.mark.requirement("JA-APPT-24")
def test_a_refusal_says_why_and_leaves_the_order_as_it_is(alpha: str, insurer: Board) -> None:
    who, booking, here = registered(alpha)
    uninsured = person(4).document_number
    with region():
        Identifier.objects.filter(person_id=who.person_id).update(number=uninsured)
    before, browser = as_it_stands(booking), resident_browser(who)
    browser.post(here, {"agreed": "1"})
    drain()
    page = text_of(browser.get(here))
    assert "未查询到本市参保信息" in page
    assert "您的号和订单没有变化" in page
    assert as_it_stands(booking) == before
    desk = desk_of(Role.OPERATIONS)
    listed = text_of(desk.get("/district/vouchers?state=rejected"))
    assert "未查询到本市参保信息" in listed
    assert uninsured not in listed
    with region():
        Identifier.objects.filter(person_id=who.person_id).update(number=person(1).document_number)
    browser.post(here, {"agreed": "1"})
    drain()
    assert browser.get(here).status_code == 302, "after a refusal one may try again"


@pytest.mark.requirement("JA-APPT-24")
@pytest.mark.parametrize(("fault", "sent"), [("lose_answer", 1), ("down", 1), ("garbage", 1)])
def test_no_answer_is_unknown_and_asked_after_never_sent_twice(
    alpha: str, insurer: Board, fault: str, sent: int
) -> None:
    who, booking, here = registered(alpha)
    before, browser, asked = as_it_stands(booking), resident_browser(who), insurer.facts()["asked"]
    insurer.switch(fault, times=1)
    browser.post(here, {"agreed": "1"})
    drain()
    assert "没有明确答复" in text_of(browser.get(here))
    assert "不影响支付" in text_of(browser.get(f"/bookings/{booking.id}/pay"))
    with clock.shifted(timedelta(seconds=30)):
        drain()
    assert browser.get(here).status_code == 302
    assert insurer.facts()["asked"] - asked == sent
    assert as_it_stands(booking) == before


def test_an_app_activates_by_the_interface(alpha: str, insurer: Board) -> None:
    who, booking, _here = registered(alpha)
    http = Client(SERVER_NAME="localhost")
    path = f"/api/resident/v1/bookings/{booking.id}/insurance-voucher"
    mine = {"Authorization": f"Bearer {resident_token(who)}"}
    theirs = {"Authorization": f"Bearer {resident_token(world.resident())}"}
    assert http.get(path, headers=mine).json()["state"] is None
    refused = http.post(path, {}, content_type="application/json", headers=mine)
    assert refused.json()["code"] == "insurance.consent_due"
    asked = http.post(path, {"consented": True}, content_type="application/json", headers=mine)
    assert (asked.status_code, asked.json()["state"]) == (202, "asked")
    drain()
    assert http.get(path, headers=mine).json()["state"] == "active"
    assert http.get(path, headers=theirs).status_code == 404
    assert insurer.facts()["asked"]
