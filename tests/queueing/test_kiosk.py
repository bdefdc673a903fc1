"""A machine to check in at: what a person sees at it, what it may do, and what its link opens nowhere."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings

from hub import clock
from hub.api import throttling
from hub.api.throttling import Rate
from hub.journal.hospital.models import AuditRow
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from portal.kiosk import views
from portal.screens.links import device_link
from regional_services.identity import visitcards
from tenants.queueing import services
from tenants.queueing.models import PresentBy, Queue
from tenants.queueing.rules import Way
from tests.harness.browser import SCREENS, Visitor, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import archive_of
from tests.queueing.kiosks import TALL, at, machine_at, number_of, scan_at, tried
from tests.queueing.world import ROOM, Clinic, at_clinic, clinic, staff


@pytest.mark.browser
def test_a_person_checks_in_at_the_machine_and_leaves_nothing_on_it(
    alpha: str, settings: Settings, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By code, by document, with a number of nobody, on the wrong day; then the machine is withdrawn."""
    day, port = clinic(alpha, 4), free_port()
    settings.PUBLIC_ORIGIN = f"http://localhost:{port}"
    machine = machine_at(alpha)
    with at_clinic(8):
        by = clock.now() - datetime.now(UTC)
    kiosk = visitor(chromium, f"http://{alpha}.localhost:{port}")
    kiosk.page.set_viewport_size(TALL)  # type: ignore[arg-type]
    with serving(HOST, port):
        kiosk.go(machine)
        kiosk.look("kiosk-start")
        scan_at(kiosk, number_of(day.bookings[2]))
        expect(kiosk.page.get_by_text("这个预约不是今天的")).to_be_visible()
        expect(kiosk.page.get_by_text("This booking is not for today")).to_be_visible()
        kiosk.look("kiosk-refused")
        kiosk.page.get_by_role("button", name="返回重试").click()
        expect(kiosk.page.get_by_text("把预约二维码")).to_be_visible()
        with monkeypatch.context() as moved:
            # The threads that serve pages live on the visit day as well.
            moved.setattr(clock, "_shift", ContextVar("shift", default=by))
            day.arrive(0, 1)
            with hospital(alpha):
                Queue.objects.update(room=ROOM)
            _scans_a_code(kiosk, day, machine)
            _types_a_document(kiosk, day)
            moved.setattr(views, "IDLE_SECONDS", 1)
            _goes_without_a_word(kiosk)
        assert kiosk.troubles == []
        with hospital(alpha, read_only=True):
            entry = AuditRow.objects.filter(action="queueing.kiosk_checked_in").latest("id")
        assert (entry.actor_kind, entry.actor_name) == ("device", "签到机 一楼大厅1号机")
        device = UUID(entry.detail["device"])
        services.withdraw_device(actor=staff(alpha, Role.HOSPITAL_MANAGER), hospital=alpha, device_id=device)
        kiosk.page.goto(kiosk.base + machine)
        expect(kiosk.page.get_by_role("heading", name="机器已停用")).to_be_visible()
        kiosk.look("kiosk-withdrawn")


def _scans_a_code(kiosk: Visitor, day: Clinic, machine: str) -> None:
    page, number = kiosk.page, number_of(day.bookings[2])
    scan_at(kiosk, number)
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    expect(page.get_by_role("heading", name="前面还有 2 位")).to_be_visible()
    expect(page.get_by_text(ROOM)).to_be_visible()
    archive = archive_of(day.code, day.people[2])
    content = page.content()
    assert archive.name not in content
    assert "沈*" in content
    assert archive.document_number not in content
    assert day.entry(2).present_by == PresentBy.KIOSK
    kiosk.look("kiosk-done")
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    page.get_by_role("button", name="打印小票").click()
    assert page.title() == "printed"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 272, "height": 600})  # 72 mm of paper
    page.screenshot(path=SCREENS / "kiosk-slip.png", full_page=True)
    page.emulate_media(media="screen")
    page.set_viewport_size(TALL)  # type: ignore[arg-type]
    address = page.url
    assert number not in address
    assert str(day.bookings[2]) not in address
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_text("把预约二维码")).to_be_visible()
    page.go_back()  # whatever was before the machine's start: nothing of a person
    assert "沈*" not in page.content()
    page.goto(address)
    assert page.url == kiosk.base + machine


def _types_a_document(kiosk: Visitor, day: Clinic) -> None:
    page = kiosk.page
    page.get_by_role("link", name="输入号码签到").click()
    for sign in archive_of(day.code, day.people[3]).document_number[:-1]:
        page.locator(f"[data-type='{sign}']").click()
    page.get_by_role("button", name="字母").click()
    kiosk.look("kiosk-type")
    assert page.evaluate("document.documentElement.scrollHeight") == TALL["height"]  # nothing to scroll for
    small = "[...document.querySelectorAll('main button, main a')].filter((one) => one.offsetHeight < 96).length"
    assert page.evaluate(small) == 0
    page.keyboard.type(archive_of(day.code, day.people[3]).document_number[-1])


def _goes_without_a_word(kiosk: Visitor) -> None:
    """Whoever walks off leaves a page that ends by itself."""
    page = kiosk.page
    page.get_by_role("button", name="签到", exact=False).last.click()
    expect(page.get_by_role("heading", name="前面还有 3 位")).to_be_visible()
    expect(page.get_by_text("把预约二维码")).to_be_visible(timeout=4000)  # by itself
    assert "沈*" not in page.content()


def test_each_refusal_says_what_to_do_and_checks_nobody_in(alpha: str) -> None:
    """Rules, day, money, a stale card, foreign codes; and what the machine's tries cost."""
    day = clinic(alpha, 3)
    browser, machine = at(alpha), machine_at(alpha, ways=(Way.TAP,))
    number = number_of(day.bookings[0])
    stale = visitcards.issue(day.people[0].person_id)
    with at_clinic(8):
        assert "没有开放签到机签到" in tried(browser, machine, number)
        machine = machine_at(alpha)
        assert "就诊卡码已过期" in tried(browser, machine, stale)
        for nobody in ("B" + "0" * 26, "310106199001011236", "13800001234", "沈云", ""):
            assert "没有找到今天的预约" in tried(browser, machine, nobody)
        with hospital(alpha, read_only=True):
            assert not Queue.objects.exists()
            refused = AuditRow.objects.filter(action="queueing.kiosk_refused")
            assert refused.count() == 6  # what can't be a code of ours asks no hospital
            assert not any(number in str(row.detail) for row in refused)
        fresh = visitcards.issue(day.people[0].person_id)
        assert "签到成功" in tried(browser, machine, fresh)
        assert "签到成功" in tried(browser, machine, number)  # again: the same place, nothing done twice


def test_an_unpaid_visit_and_another_departments_are_not_checked_in(
    alpha: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Money first; a machine of one department serves that one; tries are counted by machine."""
    day = clinic(alpha, 1, fee_fen=5000, pay_on_day=True)
    browser, machine, number = at(alpha), machine_at(alpha), number_of(day.bookings[0])
    elsewhere = machine_at(alpha, departments=(UUID(int=7),))
    with at_clinic(8):
        assert "还没有缴费" in tried(browser, machine, number)
        assert "没有找到今天的预约" in tried(browser, elsewhere, number)
        monkeypatch.setitem(throttling.RATES, "kiosk", Rate(per_minute=0.1, burst=4))
        third = machine_at(alpha)
        assert "没有找到" in tried(browser, third, "B" + "0" * 26)  # costs four: one, and three as a miss
        assert "操作太频繁" in tried(browser, third, number)
        assert "还没有缴费" in tried(browser, machine_at(alpha), number)


def test_a_machines_link_opens_one_thing_at_one_hospital(alpha: str, beta: str) -> None:
    """Elsewhere, altered, of a screen, used as a screen, or of another machine's handle: nothing."""
    day = clinic(alpha, 1)
    machine, foreign = machine_at(alpha), machine_at(beta)
    manager = staff(alpha, Role.HOSPITAL_MANAGER)
    hall = services.add_device(actor=manager, hospital=alpha, name="大厅", departments=[], sound=True)
    screen = device_link(alpha, hall).rsplit("/", 1)[1]
    with at_clinic(8):
        browser = at(alpha)
        assert browser.get(machine).status_code == 200
        for path in (foreign, f"{machine[:-2]}xx", f"/kiosk/{screen}", machine.replace("kiosk", "screens")):
            answer = browser.get(path)
            assert answer.status_code == 404, path
            assert browser.post(f"{path}/check-in", {"code": number_of(day.bookings[0])}).status_code in (404, 405)
        for stranger in (Client(SERVER_NAME="localhost"), at(beta)):
            assert stranger.get(machine).status_code == 404
            refused = stranger.post(f"{machine}/check-in", {"code": number_of(day.bookings[0])})
            assert refused.status_code == 404
        with hospital(alpha, read_only=True):
            assert not Queue.objects.exists()
        shown = browser.post(f"{machine}/check-in", {"code": number_of(day.bookings[0])})["Location"]
        other = machine_at(alpha)
        assert browser.get(f"{other}/shown/{shown.rsplit('/', 1)[1]}")["Location"] == other
        assert "沈*" in text_of(browser.get(shown))
        browser.post(f"{machine}/done", {"shown": shown.rsplit("/", 1)[1]})
        assert browser.get(shown)["Location"] == machine
        assert browser.cookies.get("sessionid") is None
        assert Client(SERVER_NAME=f"{alpha}.localhost", enforce_csrf_checks=True).post(
            f"{machine}/check-in", {"code": "1"}
        ).status_code in (403, 404)


def test_the_manager_makes_and_withdraws_machines_and_is_told_when_the_rules_forbid_them(alpha: str, beta: str) -> None:
    """A stranger's manager can't withdraw it; the page says what is missing."""
    desk = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha, login_name="boss")
    page = "/workspace/queue-devices"
    made = desk.post(f"{page}/act", {"name": "门诊楼", "kind": "kiosk"})
    assert made.status_code == 302
    listed = text_of(desk.get(page))
    assert "候诊规则没有选" in listed
    link = listed.split('<td><a href="')[1].split('"')[0]
    path = "/" + link.split("/", 3)[3]
    assert link.startswith(f"http://{alpha}.localhost")
    device = listed.split('name="withdraw" value="')[1].split('"')[0]
    stranger = desk_of(Role.HOSPITAL_MANAGER, hospital=beta, login_name="other")
    stranger.post(f"{page}/act", {"withdraw": device})
    nurse = desk_of(Role.RECEPTION, hospital=alpha, login_name="nurse")
    assert nurse.post(f"{page}/act", {"name": "我的", "kind": "kiosk"}).status_code == 403
    assert at(alpha).get(path).status_code == 200
    rules = desk.get("/workspace/queue-rules").context["typed"]
    wish = {**{name: rules.getlist(name) for name in rules}, "ways": ["tap", "kiosk"]}
    assert desk.post("/workspace/queue-rules", wish).status_code == 302
    assert "候诊规则没有选" not in text_of(desk.get(page))
    desk.post(f"{page}/act", {"withdraw": device})
    assert at(alpha).get(path).status_code == 404
