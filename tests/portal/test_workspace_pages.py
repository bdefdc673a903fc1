"""The workspace in Chromium: a morning at the desks, then every page at desk and phone width with axe."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from hub import clock
from hub.ids import spoken
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from institution_connectors.contracts import Operation
from institution_connectors.exchange import selectors as exchanges
from institution_connectors.exchange.models import State
from regional_services.booking.selectors import BookingView
from tenants.nightly import services as nightly
from tenants.patients.models import PatientArchive
from tests.accounts.people import make_staff
from tests.booking import world
from tests.harness.browser import Visitor, visitor
from tests.portal.conftest import Site
from tests.portal.desks import desk_of
from tests.portal.workspace import audited

pytestmark = pytest.mark.browser
HOSPITAL = "alpha"


@contextmanager
def staff(site: Site, chromium: Browser, *roles: Role, desk: bool = True) -> Iterator[Visitor]:
    """A window of a signed-in member of staff on the hospital's own host."""
    cookie = desk_of(*roles, hospital=HOSPITAL, login_name=f"w{time.time_ns()}").cookies["sessionid"].value
    window = visitor(chromium, site.host_of(HOSPITAL), desk=desk)
    window.context.add_cookies([{"name": "sessionid", "value": cookie, "url": window.base}])
    yield window
    assert window.troubles == []


def _booked() -> tuple[BookingView, PatientArchive]:
    who = world.resident()
    booking = world.book(HOSPITAL, world.open_session(HOSPITAL), who)
    with hospital(HOSPITAL, read_only=True):
        return booking, PatientArchive.objects.get(person_id=who.person_id)


def test_the_desk_finds_opens_books_and_prints(site: Site, chromium: Browser) -> None:
    booking, archive = _booked()
    with staff(site, chromium, Role.RECEPTION) as window:
        page = window.go("/workspace/")
        page.get_by_label(re.compile("预约码、登记号")).fill(archive.document_number)
        page.get_by_role("button", name="查找").click()
        expect(page.get_by_role("heading", name="现在要办的")).to_be_visible()
        window.look("workspace-person-desk")
        name = page.locator("h1 .sealed")
        name.locator(".sealed-open").click()
        expect(name.locator(".sealed-text")).to_have_text(archive.name)
        assert [entry["target"] for entry in audited(HOSPITAL, "security.revealed")] == [f"patient.name:{archive.id}"]
        page.get_by_role("link", name="打印小票").first.click()
        expect(page.get_by_text(spoken(booking.number)).first).to_be_visible()
        window.look("workspace-slip-desk")


def test_the_desk_books_for_a_newcomer(site: Site, chromium: Browser) -> None:
    with staff(site, chromium, Role.RECEPTION) as window:
        page = window.go("/workspace/book")
        window.look("workspace-book-session-desk")
        adults = page.get_by_role("row").filter(has_text="全科医学科")
        adults.get_by_role("link", name="选号").last.click()
        page.get_by_label("姓名（与证件一致）").fill("王秀英")
        page.get_by_label("证件号码").fill("310101195001011231")
        window.look("workspace-book-desk")
        page.get_by_role("button", name="确认预约").click()
        expect(page.get_by_role("alert")).to_contain_text("证件")
        expect(page.get_by_label("姓名（与证件一致）")).to_have_value("王秀英")
        assert ["422" in trouble for trouble in window.troubles] == [True], "the refusal itself, nothing else"
        window.troubles.clear()
        page.get_by_label("证件号码").fill("310101195001011236")
        page.get_by_role("button", name="确认预约").click()
        expect(page.get_by_role("heading", name=re.compile("已约好|没有约上"))).to_be_visible(timeout=15_000)
        window.look("workspace-request-desk")


def _pages(booking: BookingView, exchange: str, member: UUID) -> dict[Role, dict[str, str]]:
    appointment = f"/workspace/appointments/{booking.id}"
    session = f"/workspace/sessions/{booking.session_id}"
    return {
        Role.RECEPTION: {
            "today": f"/workspace/?day={booking.visit_date.isoformat()}",
            "today-empty": "/workspace/?day=2020-01-01",
            "appointments": "/workspace/appointments",
            "appointments-empty": "/workspace/appointments?since=2020-01-01&until=2020-01-02",
            "appointment": appointment,
            "cancel": f"{appointment}/cancel",
            "directory": "/workspace/directory",
        },
        Role.HOSPITAL_MANAGER: {
            "schedule": f"/workspace/schedule?from={booking.visit_date.isoformat()}",
            "schedule-day": f"/workspace/schedule?view=day&from={booking.visit_date.isoformat()}",
            "session": session,
            "stop": f"{session}/stop",
            "stop-part": f"{session}/stop?part=part&from_time=08:30&reason=x",
            "alter": f"{session}/alter",
            "alter-preview": f"{session}/alter?fee=1&start=08:30&room=305&reason=医生会诊",
            "releases": "/workspace/releases",
            "facts": "/workspace/facts",
            "fact": f"/workspace/facts/departments/{booking.department_id}",
        },
        Role.HOSPITAL_IT: {
            "connector": "/workspace/messages",
            "message": exchange,
            "inbound": "/workspace/inbound",
            "dead": "/workspace/dead",
            "night": "/workspace/night",
            "night-day": f"/workspace/night/{clock.today()}",
            "mappings": "/workspace/facts/mappings",
        },
        Role.SYSTEM_ADMIN: {"staff": "/workspace/staff"},
        Role.SECURITY_ADMIN: {"roles": "/workspace/staff", "scope": f"/workspace/staff/{member}/scope"},
        Role.AUDIT_ADMIN: {"audit": "/workspace/audit"},
    }


@pytest.mark.slow
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_every_page_is_looked_at(site: Site, chromium: Browser, size: str) -> None:
    booking, _ = _booked()
    drain()
    with staff(site, chromium, Role.HOSPITAL_IT) as window:
        page = window.go("/workspace/messages")
        exchange = page.locator("table.data a").first.get_attribute("href") or ""
    member = make_staff(f"m{time.time_ns()}", hospital=HOSPITAL, roles=(Role.DOCTOR,)).account.user_id
    nightly.make(HOSPITAL, clock.today())
    for role, pages in _pages(booking, exchange, member).items():
        with staff(site, chromium, role, desk=size == "desk") as window:
            for name, path in pages.items():
                window.go(path)
                window.look(f"workspace-{name}-{size}")


def test_the_keys_are_listed_and_walk_the_list(site: Site, chromium: Browser) -> None:
    booking, _ = _booked()
    with staff(site, chromium, Role.RECEPTION) as window:
        page = window.go(f"/workspace/?day={booking.visit_date.isoformat()}")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("heading", name="快捷键")).to_be_visible()
        window.look("workspace-keys-desk")
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        expect(page.locator("tr.chosen")).to_have_count(1)
        page.evaluate("htmx.trigger('#today', 'refresh')")
        page.wait_for_timeout(500)
        expect(page.locator("tr.chosen")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="经过")).to_be_visible()


def _payable(site: Site, booking: BookingView) -> BookingView:
    """The booking once the hospital has named its price."""
    end = time.monotonic() + 15
    while booking.order_id is None and time.monotonic() < end:
        time.sleep(0.1)
        booking = site.district.booking(booking.id)
    return booking


def _refused(code: str) -> None:
    """Wait until the hospital, reachable again, has refused the registration."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        with hospital(code, read_only=True):
            if exchanges.exchanges(operation=Operation.REGISTER, states=(State.REJECTED,)):
                return
        time.sleep(0.1)
    pytest.fail("the hospital has not refused")


@pytest.mark.requirement("JA-OPS-04")
def test_an_engineer_gets_from_the_light_to_the_message_in_two_clicks_and_runs_it_again(
    site: Site, chromium: Browser
) -> None:
    who = world.resident()
    booking = _payable(site, world.book(HOSPITAL, world.open_session(HOSPITAL), who))
    his = site.district.his[HOSPITAL]
    his.switch("reject", True, only=("register",))
    his.act("down")
    site.district.press_pay(booking, who)
    with staff(site, chromium, Role.HOSPITAL_IT) as window:
        page = window.go("/workspace/")
        end = time.monotonic() + 15
        while not page.locator("h1 .light.warn, h1 .light.bad").count() and time.monotonic() < end:
            page = window.go("/workspace/")
        his.act("restart")
        _refused(HOSPITAL)
        page.locator("h1 .light.warn, h1 .light.bad").click()
        page.get_by_role("link", name="登记预约").first.click()
        his.off("reject")
        page.get_by_label("重发原因（记入审计）").fill("医院已修复")
        window.look("workspace-failed-message-desk")
        page.get_by_role("button", name="重新发送").click()
        expect(page.get_by_text("重发自")).to_be_visible()
        expect(page.get_by_role("heading", name="与第一次的答复对比")).to_be_visible()
        expect(page.locator("tr.differs").first).to_be_visible()
        window.look("workspace-rerun-desk")
        window.go("/workspace/messages")
        page.get_by_role("button", name="立即探测").click()
        expect(page.get_by_text("已发出探测")).to_be_visible()
        probed = page.get_by_text(re.compile(r"上次 \d{4}-"))
        end = time.monotonic() + 15
        while not probed.count() and time.monotonic() < end:
            window.go("/workspace/messages")
        expect(probed).to_be_visible()
