"""The pages of a clinic's day: the desk checks in, the doctor calls, the hall and the patient's phone see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import region
from portal.screens import views as screens
from portal.screens.links import device_link
from regional_services.catalog import projection
from regional_services.identity import purposes
from regional_services.identity.models import Relation, RelationKind, RelationState
from tenants.queueing import services, timekeeping
from tenants.queueing.models import EntryState
from tenants.queueing.rules import Rules, Way
from tenants.scheduling import services as scheduling
from tests.booking import world
from tests.booking.world import Resident
from tests.harness.browser import Visitor, visitor
from tests.harness.live import serving, streaming
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import archive_of
from tests.queueing.world import Clinic, at_clinic, clinic, staff
from tests.scheduling.builders import SYNC, numbers, schedule, session_id, snapshot
from tests.security.matrix.examples import resident_browser

WIDE, TALL = {"width": 1920, "height": 1080}, {"width": 1080, "height": 1920}


@dataclass(frozen=True)
class Site:
    """The hub at an address, its event streams at another."""

    address: str
    events: str


@pytest.fixture
def site(alpha: str, settings: Settings, tmp_path: Path) -> Iterator[Site]:
    """Pages and event streams on real ports."""
    port, other = free_port(), free_port()
    address, events = f"http://localhost:{port}", f"http://localhost:{other}"
    settings.PUBLIC_ORIGIN, settings.HUB_EVENTS_ORIGIN = address, events
    settings.HUB_CSP_CONNECT = [events]
    with serving(HOST, port), streaming(HOST, other, tmp_path / "streams.log"):
        yield Site(address, events)


def _window(browser: Browser, base: str, session: str, site: Site, *, desk: bool) -> Visitor:
    window = visitor(browser, base, desk=desk, allowed=(urlsplit(site.events).netloc,))
    window.context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
    return window


def _screen(day: Clinic, *, kind: str = "一楼大厅") -> str:
    manager = staff(day.code, Role.HOSPITAL_MANAGER)
    made = services.add_device(actor=manager, hospital=day.code, name=kind, departments=[], sound=True)
    return device_link(day.code, made)


@pytest.mark.browser
@pytest.mark.requirement("JA-APPT-15", "WX-QUEUE-04")
def test_one_key_moves_the_hall_and_the_patients_phone(
    alpha: str, site: Site, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reloads anything: the key, the wall and the phone, within seconds."""
    day = clinic(alpha, 8)
    _second_room(alpha)
    with at_clinic(8):
        by = clock.now() - datetime.now(UTC)
    with monkeypatch.context() as moved:
        # The threads that serve pages live on the visit day as well.
        moved.setattr(clock, "_shift", ContextVar("shift", default=by))
        timekeeping.enter_day(alpha)
        day.arrive(*range(7))
        doctor = desk_of(Role.DOCTOR, Role.RECEPTION, hospital=alpha, login_name="doc").cookies["sessionid"].value
        host = site.address.replace("localhost", f"{alpha}.localhost")
        desk = _window(chromium, host, doctor, site, desk=True)
        patient = resident_browser(day.people[2]).cookies["sessionid"].value
        phone = _window(chromium, site.address, patient, site, desk=False)
        late = resident_browser(day.people[7]).cookies["sessionid"].value
        coming = _window(chromium, site.address, late, site, desk=False)
        hall = visitor(chromium, site.address, allowed=(urlsplit(site.events).netloc,))
        hall.page.set_viewport_size(WIDE)  # type: ignore[arg-type]

        phone.go(f"/bookings/{day.bookings[2]}")
        expect(phone.page.get_by_role("heading", name="前面还有 2 位")).to_be_visible()
        hall.go(_screen(day).removeprefix(site.address))
        expect(hall.page.get_by_text("请在候诊区等候叫号")).to_be_visible()
        coming.go(f"/bookings/{day.bookings[7]}")
        arrive = coming.page.get_by_role("button", name="我已到院，签到")
        expect(arrive).to_be_visible()
        phone.page.wait_for_timeout(700)  # the streams open

        desk.go(f"/workspace/queues/{day.queue_id}")
        desk.look("queue-desk")
        desk.page.get_by_role("button", name="签到").click()
        expect(desk.page.get_by_text("已签到。")).to_be_visible()
        desk.go(f"/workspace/calling/{day.queue_id}")
        desk.page.keyboard.press("n")
        expect(desk.page.locator(".calling-ticket")).to_have_text("001")
        drain(outside=False)
        expect(hall.page.locator(".hall-ticket")).to_have_text("001", timeout=5000)
        expect(phone.page.get_by_role("heading", name="前面还有 1 位")).to_be_visible(timeout=5000)
        expect(arrive).to_be_hidden(timeout=5000)  # the desk did it for him
        desk.look("queue-calling")
        desk.page.get_by_role("button", name="去检查，回来再看").click()
        away = desk.page.locator("section", has=desk.page.get_by_role("heading", name="去检查、过号与未到"))
        expect(away).to_contain_text("001")
        away.get_by_role("button", name="现在叫").click()
        expect(desk.page.locator(".calling-ticket")).to_have_text("001")
        _an_opened_row_stays_open(desk, day)
        desk.go("/workspace/queues")
        desk.look("queues-desk")
        desk.go("/workspace/queue-rules")
        desk.look("queue-rules")
        hall.look("queue-hall-wide")
        hall.page.set_viewport_size(TALL)  # type: ignore[arg-type]
        hall.look("queue-hall-tall")
        assert archive_of(alpha, day.people[0]).name not in hall.page.content()
        phone.look("queue-phone")
        moved.setattr(screens, "ROWS", 1)
        moved.setattr(screens, "TURN_SECONDS", 1)
        _a_wall_turns_its_pages(hall)
        assert desk.troubles + hall.troubles + phone.troubles + coming.troubles == []


def _second_room(code: str) -> None:
    """Another doctor's morning, with one patient."""
    told = snapshot((schedule("S2", doctor="D2", fee_fen=0),), numbers(1, "S2"))
    scheduling.apply_snapshot(code, told, actor=SYNC)
    drain(outside=False)
    projection.refresh(code)  # without waiting for its turn of the second
    world.book(code, session_id(code, "S2"), world.resident())
    drain(outside=False)


def _an_opened_row_stays_open(desk: Visitor, day: Clinic) -> None:
    """The line moves while somebody reads what he may do with a patient, and while he writes why."""
    desk.go(f"/workspace/queues/{day.queue_id}")
    row = desk.page.locator(f"details#acts-{day.entry(4).id}")
    row.locator("summary").click()
    desk.page.wait_for_timeout(900)  # the look that comes with the stream's hello is over
    _mark(desk)
    day.call(station="5诊室")
    expect(desk.page.locator("[data-seen]")).to_have_count(0, timeout=5000)
    expect(row).to_have_attribute("open", "")
    row.get_by_label("原因").fill("行动不便")
    row.get_by_label("原因").blur()
    _mark(desk)
    day.call(station="6诊室")
    desk.page.wait_for_timeout(1500)
    expect(row.get_by_label("原因")).to_have_value("行动不便")


def _mark(desk: Visitor) -> None:
    """Whatever the next look replaces bears this mark."""
    desk.page.evaluate("document.querySelector('details[open]').closest('tr').dataset.seen = '1'")


def _a_wall_turns_its_pages(hall: Visitor) -> None:
    """More rooms than fit: one after the other, though nobody is called meanwhile."""
    hall.page.reload()
    top, room = hall.page.locator(".hall-top"), hall.page.locator(".hall-room h2")
    rooms = set()
    for turn in ("1/2", "2/2", "1/2"):
        expect(top).to_contain_text(turn, timeout=5000)
        expect(room).to_have_count(1)
        rooms.add(room.inner_text())
    assert len(rooms) == 2


@pytest.mark.browser
def test_a_phone_is_asked_where_it_is_and_may_say_no(
    alpha: str, site: Site, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked when the button is pressed; a refusal is told in words and changes nothing; at the door he is in."""
    day = clinic(alpha, 1)
    with at_clinic(8):
        by = clock.now() - datetime.now(UTC)
    with monkeypatch.context() as moved:
        moved.setattr(clock, "_shift", ContextVar("shift", default=by))
        rules = replace(Rules(), ways=(Way.PLACE,))
        manager = staff(alpha, Role.HOSPITAL_MANAGER)
        services.set_rules(actor=manager, hospital=alpha, rules=rules, effective_from=clock.now())
        timekeeping.enter_day(alpha)
        session = resident_browser(day.people[0]).cookies["sessionid"].value
        phone = _window(chromium, site.address, session, site, desk=False)
        phone.go(f"/bookings/{day.bookings[0]}")
        phone.page.get_by_role("button", name="定位并签到").click()
        expect(phone.page.get_by_text("没有得到定位许可")).to_be_visible()
        phone.look("check-in-by-place")
        phone.context.grant_permissions(["geolocation"], origin=site.address)
        phone.context.set_geolocation({"latitude": 31.2, "longitude": 121.4, "accuracy": 12})
        phone.page.get_by_role("button", name="定位并签到").click()
        expect(phone.page.get_by_text("签到成功")).to_be_visible()
        drain(outside=False)
        assert day.entry(0).present_at is not None
        assert phone.troubles == []


def test_a_screens_link_is_its_permission(alpha: str, beta: str) -> None:
    """An altered link and a withdrawn one show nothing; what is said aloud names nobody."""
    day = clinic(alpha, 2)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0, 1)
        day.call()
        browser, link = Client(SERVER_NAME="localhost"), _screen(day)
        path = "/" + link.split("/", 3)[3]
        assert "001" in text_of(browser.get(f"{path}/board"))
        assert browser.get(f"{path}/voice.json").json()["calls"][0]["text"] == "请零零一号，到3诊室就诊"
        assert browser.get(f"{path[:-2]}xx").status_code == 404
        manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha, login_name="boss")
        listed = text_of(manager.get("/workspace/queue-devices"))
        assert link in listed
        device = listed.split('name="withdraw" value="')[1].split('"')[0]
        stranger = desk_of(Role.HOSPITAL_MANAGER, hospital=beta, login_name="other")
        stranger.post("/workspace/queue-devices/act", {"withdraw": device})
        assert browser.get(path).status_code == 200
        manager.post("/workspace/queue-devices/act", {"withdraw": device})
        assert browser.get(path).status_code == 404


def test_strangers_see_neither_queue_nor_place(alpha: str, beta: str) -> None:
    """Another hospital's doctor, and another resident."""
    day = clinic(alpha, 2)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0, 1)
        other = desk_of(Role.DOCTOR, hospital=beta, login_name="away")
        assert other.get(f"/workspace/calling/{day.queue_id}").status_code == 404
        assert other.post(f"/workspace/calling/{day.queue_id}/act", {"act": "next"}).status_code == 404
        neighbour = resident_browser(day.people[1])
        assert neighbour.get(f"/bookings/{day.bookings[0]}/place").status_code == 404
        own = resident_browser(day.people[0]).get(f"/bookings/{day.bookings[0]}/place")
        assert "下一位就是您" in text_of(own)
        assert day.entry(0).state is EntryState.WAITING


def test_the_daughter_follows_her_mothers_place(alpha: str) -> None:
    """By a relation that lets her look; who has none, or one that lets her book only, sees nothing."""
    day = clinic(alpha, 1)
    daughter, clerk, neighbour = world.resident(), world.resident(), world.resident()
    _let_look(daughter, day.people[0], purposes.VIEW)
    _let_look(clerk, day.people[0], purposes.BOOKING)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0)
        address = f"/family/{day.bookings[0]}/place"
        browser = resident_browser(daughter)
        shown = text_of(browser.get("/family"))
        assert "下一位就是沈*" in shown
        assert "沈*的号" in shown
        assert "您" not in shown.split('class="card place')[1].split("</section>")[0]
        assert "我的号" in text_of(resident_browser(day.people[0]).get(f"/bookings/{day.bookings[0]}/place"))
        day.call()
        assert "请沈*到" in text_of(browser.get(address))
        for other in (clerk, neighbour):
            elsewhere = resident_browser(other)
            assert "今天没有家人在候诊" in text_of(elsewhere.get("/family"))
            assert elsewhere.get(address).status_code == 404


def _let_look(who: Resident, whom: Resident, purpose: str) -> None:
    assert who.actor.id is not None
    with region():
        Relation.objects.create(
            account_id=who.actor.id,
            person_id=whom.person_id,
            kind=RelationKind.PARENT,
            scope=[purpose],
            evidence="desk",
            state=RelationState.ACTIVE,
            created_at=clock.now(),
        )


@pytest.mark.requirement("JA-APPT-16")
def test_whose_number_was_passed_sees_so_and_what_he_can_do(alpha: str) -> None:
    """Called twice without an answer: the page of the booking says so, with the ways on."""
    day = clinic(alpha, 2)
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        day.arrive(0, 1)
        day.call()
        entry = day.entry(0).id
        services.recall(actor=day.doctor, hospital=alpha, entry_id=entry)
        services.skip(actor=day.doctor, hospital=alpha, entry_id=entry)
        drain(outside=False)
        page = text_of(resident_browser(day.people[0]).get(f"/bookings/{day.bookings[0]}"))
        assert "已过号" in page
        assert "到分诊台重新排队；改约其他时间；或取消预约" in page
