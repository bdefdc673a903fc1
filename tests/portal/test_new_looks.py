"""Pages of faces, reminders, cards, reopening and the calendar, looked at on a phone, large, and on a desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from regional_services.catalog import projection
from regional_services.catalog.models import CatalogSession
from tenants.directory.models import Doctor
from tenants.registry import calendar
from tests.feedback.pictures import picture
from tests.harness.browser import SIZES, Visitor, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of
from tests.portal.workspace import booked
from tests.scheduling.builders import SYNC
from tests.security.matrix.examples import resident_browser

pytestmark = pytest.mark.browser


@pytest.fixture
def address(alpha: str) -> Iterator[str]:
    """The hub on a port."""
    port = free_port()
    with serving(HOST, port):
        yield f"http://localhost:{port}"


def _sit_down(browser: Browser, address: str, cookie: str, *, desk: bool = False, elder: bool = False) -> Visitor:
    person = visitor(browser, address, desk=desk, elder=elder)
    person.context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
    return person


@pytest.mark.slow
def test_the_new_pages_are_fit_to_be_seen(chromium: Browser, address: str, alpha: str) -> None:
    booking, who = booked(alpha)
    with hospital(alpha, read_only=True):
        post, practitioner = Doctor.objects.filter(code="D1").values_list("id", "practitioner_id")[0]
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    manager.post(f"/workspace/facts/doctors/{post}/photo", {"photo": picture(size=(600, 900))})
    drain(outside=False)
    projection.refresh(alpha)
    card = CatalogSession.objects.get(session_id=booking.session_id)
    pages = {
        "bookings": "/bookings",
        "bookings-unpaid": "/bookings?list=unpaid",
        "card": f"/me/people/{who.person_id}/card",
        "session": f"/hospitals/{alpha}/sessions/{booking.session_id}",
        "doctor": f"/doctors/{practitioner}",
        "department-face": f"/hospitals/{alpha}/departments/{card.department_id}?day={card.date}",
        "reminders": "/me/reminders",
        "ways": "/me/ways",
    }
    for size in SIZES:
        key = resident_browser(who).cookies["sessionid"].value
        person = _sit_down(chromium, address, key, elder=size == "elder", desk=size == "desk")
        for name, path in pages.items():
            person.go(path)
            person.look(f"resident-{name}-{size}")
        assert person.troubles == []

    here = f"/workspace/sessions/{booking.session_id}"
    manager.post(f"{here}/stop", {"reason": "医生突发疾病", "seen": str(booking.id)})
    drain(outside=False)
    projection.refresh(alpha)
    phone = _sit_down(chromium, address, resident_browser(who).cookies["sessionid"].value)
    phone.go(pages["department-face"])
    phone.look("resident-department-remind")
    desk = _sit_down(
        chromium, address.replace("localhost", f"{alpha}.localhost"), manager.cookies["sessionid"].value, desk=True
    )
    for name, path in {
        "doctor-photo": f"/workspace/facts/doctors/{post}",
        "session-stopped": here,
        "session-reopen": f"{here}/reopen",
    }.items():
        desk.go(path)
        desk.look(f"workspace-{name}")
    calendar.seed(actor=SYNC)
    operator = desk_of(Role.OPERATIONS)
    district = _sit_down(chromium, address, operator.cookies["sessionid"].value, desk=True)
    page = district.go("/district/calendar?year=2026")
    district.look("district-calendar")
    page = district.go("/district/calendar/import")
    page.get_by_label("或粘贴内容").fill("2026-01-01,放假,元旦\n2027-01-01,放假,元旦")
    page.get_by_role("button", name="看看会改变什么").click()
    district.look("district-calendar-import")
    assert [*phone.troubles, *desk.troubles, *district.troubles] == []
