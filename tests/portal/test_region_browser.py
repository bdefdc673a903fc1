"""The district's pages as its people see them, at a desk and on the wall; every page is looked at and checked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings

from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.registry import state_of
from regional_services.statistics import services as statistics
from tenants.registry import tasks
from tests.booking.world import book, open_for_booking, register_institution, resident
from tests.harness.browser import Visitor, visitor
from tests.harness.live import serving, streaming
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of
from tests.portal.test_region_figures import booking
from tests.portal.test_region_institutions import FORM
from tests.portal.test_region_security import dead_letter
from tests.scheduling.builders import session_id

pytestmark = pytest.mark.browser
WALL = {"width": 1920, "height": 1080}


@pytest.fixture
def address(alpha: str, beta: str) -> Iterator[str]:
    """The hub with two hospitals, some bookings and something to look after."""
    session = open_for_booking(alpha, 6)
    register_institution(beta)
    for _ in range(3):
        book(alpha, session, resident())
    for days in range(1, 12):
        booking(beta, days_ago=days)
    dead_letter()
    drain()
    statistics.refresh(30)
    statistics.observe()
    port = free_port()
    with serving(HOST, port):
        yield f"http://localhost:{port}"


def at_desk(browser: Browser, address: str, role: Role, *allowed: str) -> Visitor:
    """Somebody at his desk, signed in."""
    person = visitor(browser, address, desk=True, allowed=allowed)
    cookie = desk_of(role).cookies["sessionid"].value
    person.context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
    return person


def test_the_operator_looks_at_everything_and_suspends_a_hospital(chromium: Browser, address: str, alpha: str) -> None:
    person = at_desk(chromium, address, Role.OPERATIONS)
    for path, name in (
        ("/district/", "overview"),
        ("/district/institutions", "institutions"),
        ("/district/statistics", "statistics"),
        ("/district/statistics?institution=beta", "statistics-one"),
        ("/district/letters", "letters"),
        ("/district/joining", "joinings-empty"),
        ("/district/joining/new", "joining-new"),
    ):
        person.go(path)
        person.page.wait_for_timeout(300)
        person.look(f"district-{name}")
    page = person.go(f"/district/institutions/{alpha}")
    person.look("district-institution")
    page.get_by_label("给居民看的说明").fill("系统升级，今晚十点前暂停预约。")
    page.get_by_label("原因（记入审计，居民看不到）").fill("升级")
    page.get_by_role("button", name="暂停该机构").click()
    expect(page.get_by_text("居民看到的说明")).to_be_visible()
    assert state_of(alpha) == "suspended"
    person.look("district-institution-suspended")
    neighbour = visitor(chromium, address)
    neighbour.go(f"/hospitals/{alpha}")
    expect(neighbour.page.get_by_text("系统升级，今晚十点前暂停预约。")).to_be_visible()
    neighbour.look("resident-hospital-suspended")
    assert [*person.troubles, *neighbour.troubles] == []


def test_joining_stops_in_words_where_the_hospital_does_not_answer(chromium: Browser, address: str) -> None:
    person = at_desk(chromium, address, Role.OPERATIONS)
    page = person.go("/district/joining/new")
    for name, value in {**FORM, "endpoint": "http://127.0.0.1:9/his"}.items():
        field = page.locator(f"#f_{name}")
        if field.count():
            field.select_option(value) if field.evaluate("node => node.tagName") == "SELECT" else field.fill(value)
    page.get_by_label("与医院约定的密钥").fill(FORM["secret"])
    page.get_by_role("button", name="开始接入").click()
    expect(page.get_by_text("正在办理")).to_be_visible()
    person.look("district-joining-moving")
    tasks.carry_on("qinghe")
    expect(page.get_by_text("医院系统没有应答")).to_be_visible()
    person.go("/district/joining/qinghe")
    person.look("district-joining-stuck")
    assert person.troubles == []


def test_the_administrators_at_their_pages(chromium: Browser, address: str) -> None:
    security = at_desk(chromium, address, Role.SECURITY_ADMIN)
    security.go("/district/accounts")
    security.look("district-accounts")
    security.page.get_by_role("link", name="张伟").first.click()
    security.look("district-account")
    auditor = at_desk(chromium, address, Role.AUDIT_ADMIN)
    page = auditor.go("/district/audit")
    auditor.look("district-audit")
    page.get_by_role("button", name="校验全部审计").click()
    expect(page.get_by_text("等待校验")).to_be_visible()
    auditor.look("district-audit-check")
    assert [*security.troubles, *auditor.troubles] == []


@pytest.fixture
def events(tmp_path: Path, settings: Settings) -> Iterator[str]:
    """Event streams beside the hub, where the pages look for them."""
    port = free_port()
    with streaming(HOST, port, tmp_path / "log"):
        settings.HUB_EVENTS_ORIGIN = f"http://localhost:{port}"
        settings.HUB_CSP_CONNECT = [settings.HUB_EVENTS_ORIGIN]
        yield f"localhost:{port}"


def test_the_wall_screen_fits_the_wall_and_is_told_at_once(
    events: str, chromium: Browser, address: str, alpha: str
) -> None:
    person = at_desk(chromium, address, Role.OPERATIONS, events)
    person.page.set_viewport_size(WALL)  # type: ignore[arg-type]
    page = person.go("/district/screen")
    expect(page.locator("#day canvas")).to_be_visible()
    tall = page.evaluate("document.documentElement.scrollHeight - document.documentElement.clientHeight")
    assert tall <= 0, f"the screen is {tall} px too tall"
    expect(page.locator("#line")).to_have_text("实时")
    page.wait_for_timeout(800)  # the look that follows the greeting
    before = int(page.locator(".big").first.inner_text())
    book(alpha, session_id(alpha), resident())
    begun = time.monotonic()
    expect(page.locator(".big").first).to_have_text(str(before + 1), timeout=3000)
    assert time.monotonic() - begun < 1.5  # told, not asked for every ten seconds; half a second and a busy machine
    person.look("district-screen")
    page.get_by_role("link", name="需要处理").click()
    expect(page.get_by_role("heading", name="机构")).to_be_visible()
    assert person.troubles == []
