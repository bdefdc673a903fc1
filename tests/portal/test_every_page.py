"""Every page of the three portals in Chromium with axe-core: the rows come from the route table, so none is forgotten.

Whoever may open a page opens it once, on a thing that is really there: residents at a phone's width, staff at a desk's.
It takes two minutes: the quick suite looks at what the flows pass (`Visitor.look`), `make test-full` at everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from playwright.sync_api import Browser, Error, Page
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from hub import clock
from hub.accounts.models import User
from hub.security.permissions import registered
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.cards.models import Scan
from regional_services.catalog.models import CatalogDepartment
from tests.accounts.people import make_staff
from tests.harness import databases
from tests.harness.browser import AXE, AXE_RUN, DESK, PHONE
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.security.matrix import examples
from tests.security.matrix.examples import DISTRICT_ROLES, HOSPITAL_ROLES, Objects, World
from tests.security.matrix.routes import PAGES, Route

pytestmark = pytest.mark.browser

WALKED = [route for route in PAGES if "GET" in route.methods]
REFUSING = {
    "desk-platform": (503, "no support platform here: the page of signing in, with words"),
    "desk-platform-back": (422, "nobody was sent there: the page of signing in, with words"),
    "desk-platform-wait": (422, "the same"),
    "way-back": (422, "nobody was sent there"),
    "way-wait": (404, "nobody waits for this answer"),
    "entry-arrive": (403, "no signed link"),
    "workspace-session-reopen": (409, "the session was not stopped: its form, with words"),
    "desk-reminder": (404, "a way to what the reminder is about, never a page"),
}
"""Pages that answer an empty visit with a refusal. It is a page too, and looked at."""
LEADING_ON = frozenset(
    {
        *("device-voice", "doctor-photo", "desk-reminder", "message", "message-short", "entry-return", "line"),
        *("booking-reschedule", "district-leaving-begin", "waitlist-join", "workspace-refer", "workspace-refer-number"),
        *("way-start", "phone-prove", "booking-reschedule-session", "booking-reschedule-confirm"),
    }
)
"""Routes that always, or from where this world stands, lead to another page of the walk."""


@dataclass
class Walk:
    """One window that goes from page to page, and what it met."""

    district: World
    page: Page
    port: int
    pages: int = 0
    led_on: set[str] = field(default_factory=set)
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._objects = Objects(self.district)
        self._owner = _session_of(examples.resident_browser(self.district.owner))
        self._here = f"{self.district.alpha}.localhost"
        self._half_way = {
            "desk-totp": _password_given(self.district.alpha, with_totp=True),
            "desk-enrol": _password_given(self.district.alpha, with_totp=False),
        }

    def look(self, route: Route) -> None:
        """Open the route's page as the first who gets to it, and ask axe-core."""
        address = self._address(route)
        self.page.set_viewport_size(PHONE if route.area == "resident" else DESK)  # type: ignore[arg-type]
        came = [""]
        for host, session in self._visitors(route):
            came.append(self._open(route, host, session, address))
            if came[-1] == "page":
                self._ask(route)
            if came[-1] in ("page", "no page"):
                return
        if "elsewhere" in came:
            self.led_on.add(route.name)
        else:
            self.troubles.append(f"{route.name}: {came[-1]}")

    def _address(self, route: Route) -> str:
        values = self._objects.of(route.pattern, route.area, route.parameters)
        if route.name == "workspace-scanned":
            role = self._holders(route, HOSPITAL_ROLES)[0]
            self.district.desk(self.district.alpha, role)
            values = {"scan_id": _scan_of(self.district.alpha, f"{self.district.alpha}.{role}.m")}
        return route.address(values)

    def _holders(self, route: Route, roles: tuple[Role, ...]) -> list[Role]:
        permission = route.guard.permission if route.guard else ""
        return [role for role in roles if not permission or role in registered()[permission].roles]

    def _visitors(self, route: Route) -> Iterator[tuple[str, str]]:
        """(host, session) of whoever may open the page, the likeliest first; the session "" is nobody's."""
        if route.pattern.startswith("kiosk/"):
            yield self._here, ""
            return
        if route.area == "resident":
            yield "localhost", self._owner
            if route.guard is None:
                yield "localhost", ""
            return
        if route.guard is None:
            yield self._here, self._half_way.get(route.name, "")
        places = ((self.district.alpha, HOSPITAL_ROLES, "workspace"), ("", DISTRICT_ROLES, "district"))
        for place, roles, area in places:
            holders = self._holders(route, roles)
            if holders and route.area in (area, "desk"):
                yield self._here if place else "localhost", _session_of(self.district.desk(place, holders[0]))

    def _open(self, route: Route, host: str, session: str, address: str) -> str:
        """What stands in the window: `page`, `no page` (a file, or a part of one), `elsewhere`, or what is wrong."""
        base = f"http://{host}:{self.port}"
        self.page.context.clear_cookies()
        if session:
            self.page.context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
        try:
            answer = self.page.goto(base + address)
        except Error as error:
            if "Download is starting" in error.message:
                return "no page"
            context = self.page.context
            self.page.close()  # the browser's own page of failure would try again by itself
            self.page = context.new_page()
            return "elsewhere" if "net::ERR_" in error.message else error.message
        assert answer is not None
        if answer.url != base + address:
            return "the door" if "/signin" in answer.url else "elsewhere"
        if answer.status != REFUSING.get(route.name, (200, ""))[0]:
            return f"HTTP {answer.status}"
        # What htmx puts into a page has no document type; it was looked at in its page.
        whole = answer.headers["content-type"].startswith("text/html") and self.page.evaluate("!!document.doctype")
        return "page" if whole else "no page"

    def _ask(self, route: Route) -> None:
        self.pages += 1
        found: Any = self.page.evaluate(AXE_RUN)
        self.troubles += [
            f"{route.name}: {rule['impact']} {rule['id']}: {[node['target'] for node in rule['nodes']][:3]}"
            for rule in found["violations"]
        ]


def _session_of(browser: Client) -> str:
    return browser.cookies["sessionid"].value


def _password_given(place: str, *, with_totp: bool) -> str:
    """The session of somebody between the two steps of signing in."""
    member = make_staff(f"half.{uuid4().hex[:8]}", hospital=place, with_totp=with_totp)
    browser = Client(SERVER_NAME=f"{place}.localhost")
    given = {"login_name": member.account.login_name, "password": member.account.password}
    assert browser.post("/desk/signin", given).status_code == 302
    return _session_of(browser)


def _scan_of(place: str, login_name: str) -> str:
    """A code this member of staff has just scanned."""
    with region():
        made = Scan.objects.create(
            institution_code=place,
            scheme="insurance",
            code="",
            number="",
            asked_by=User.objects.get(login_name=login_name).id,
            asked_at=clock.now(),
        )
    return str(made.id)


def _offers(place: str) -> None:
    """Two departments that vaccinate, so that choosing between them is a page."""
    with region():
        for number in range(2):
            CatalogDepartment.objects.create(
                institution_code=place, department_id=uuid4(), code=f"V{number}", name="门诊", service="immunisation"
            )


@pytest.fixture(scope="module")
def district(template_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One world for both walks: reading changes nothing."""
    with django_db_blocker.unblock():
        databases.renew(template_database)
        found = examples.build(databases.ALPHA, databases.BETA)
        _offers(found.alpha)
        yield found


@pytest.mark.slow
def test_axe_finds_nothing_on_any_page(district: World, chromium: Browser, settings: Settings) -> None:
    port = free_port()
    settings.PUBLIC_ORIGIN = f"http://localhost:{port}"
    context = chromium.new_context(locale="zh-CN")
    context.add_init_script(path=AXE)
    with serving(HOST, port):
        walk = Walk(district, context.new_page(), port)
        for route in WALKED:
            walk.look(route)
        context.close()
    assert walk.troubles == [], "\n".join(walk.troubles)
    assert walk.led_on - LEADING_ON == set(), "led to another page: nobody has looked at these"
    assert walk.pages > len(WALKED) // 2
