"""Machines of a hall to check in at, and what is held up at them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.test import Client

from hub import clock
from hub.security.roles import Role
from hub.tenancy.scope import region
from portal.screens.links import device_link
from regional_services.booking.models import Booking
from tenants.queueing import services
from tenants.queueing.models import DeviceKind
from tenants.queueing.rules import Rules, Way
from tests.harness.browser import Visitor
from tests.portal.desks import text_of
from tests.queueing.world import staff

TALL = {"width": 1080, "height": 1920}


def machine_at(code: str, *, ways: tuple[Way, ...] = (Way.KIOSK,), departments: tuple[UUID, ...] = ()) -> str:
    """A machine of this hospital, whose rules allow it: the path of its link."""
    manager = staff(code, Role.HOSPITAL_MANAGER)
    rules = replace(Rules(), ways=ways)
    services.set_rules(actor=manager, hospital=code, rules=rules, effective_from=clock.now())
    made = services.add_device(
        actor=manager,
        hospital=code,
        name="一楼大厅1号机",
        departments=list(departments),
        sound=False,
        kind=DeviceKind.KIOSK,
    )
    return "/" + device_link(code, made, DeviceKind.KIOSK).split("/", 3)[3]


def number_of(booking_id: UUID) -> str:
    """The number of a booking, as its code carries it."""
    with region(read_only=True):
        return str(Booking.objects.values_list("number", flat=True).get(id=booking_id))


def at(code: str) -> Client:
    """A browser on a hospital's host."""
    return Client(SERVER_NAME=f"{code}.localhost")


def tried(browser: Client, machine: str, code: str) -> str:
    """What the screen says after this was held up."""
    return text_of(browser.get(held_up(browser, machine, code)))


def held_up(browser: Client, machine: str, code: str) -> str:
    """Hold something up: the page that follows, whose address tells nothing of it."""
    answer = browser.post(f"{machine}/check-in", {"code": code})
    assert answer.status_code == 303
    assert not code or code not in answer["Location"]
    assert browser.get(answer["Location"])["Cache-Control"] == "no-store"
    return str(answer["Location"])


def scan_at(kiosk: Visitor, code: str) -> None:
    """As a scanner types: into whatever has the focus, with Enter at the end."""
    kiosk.page.locator("h1").first.click()
    kiosk.page.keyboard.type(code)
    kiosk.page.keyboard.press("Enter")
