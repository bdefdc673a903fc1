"""Every URL pattern against everybody who should not get in, and against the one who should.

The rows come from the route table, what to expect from what the views declare, the objects from a registry by
parameter name: a new route without a declaration, or a new parameter without an example, fails here.
"""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from hub import clock
from hub.api import throttling
from hub.audit.selectors import Search, entries_of
from hub.security.permissions import RESIDENT, SIGNED_IN, registered
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from regional_services.identity.models import Identifier
from tests.harness import databases
from tests.security.matrix import examples
from tests.security.matrix.examples import DISTRICT_ROLES, HOSPITAL_ROLES, Objects, World
from tests.security.matrix.expectations import (
    AUDITED,
    FIRST_PAGES,
    FORMS,
    HIGH_RISK,
    NOT_HIGH_RISK,
    NOT_OF_A_HOSPITAL,
    OPEN_PAGES,
    OTHER_SCREENS,
    OWN,
)
from tests.security.matrix.routes import API, GUARDED, PAGES, ROUTES, Route

REFUSALS = (401, 403, 404)


@pytest.fixture(autouse=True)
def unhindered(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Nobody is slowed down here."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    for scope in throttling.RATES:
        monkeypatch.setitem(throttling.RATES, scope, throttling.Rate(per_minute=10**6, burst=10**6))


@pytest.fixture(scope="module")
def district(template_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One world for the file: refusals change nothing, and who gets in comes last."""
    with django_db_blocker.unblock():
        databases.renew(template_database)
        yield examples.build(databases.ALPHA, databases.BETA)


@pytest.fixture(scope="module")
def objects(district: World) -> Objects:
    return Objects(district)


def _address(route: Route, objects: Objects) -> str:
    return route.address(objects.of(route.pattern, route.area, route.parameters))


def _send(browser: Client, method: str, address: str) -> Any:
    browser.raise_request_exception = False
    return browser.generic(method, address, b"", content_type="application/x-www-form-urlencoded")


def _led_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer["Location"].split("?")[0] in ("/signin", "/desk/signin")


def _holders(route: Route, roles: tuple[Role, ...]) -> tuple[Role, ...]:
    guard = route.guard
    if guard is None or not guard.permission:
        return roles
    return tuple(role for role in roles if role in registered()[guard.permission].roles)


def _pages(*areas: str) -> Iterator[tuple[Route, str]]:
    return ((route, method) for route in GUARDED if route.area in areas for method in route.methods)


@pytest.mark.control("CES1-05/11")
def test_no_page_is_without_a_declaration() -> None:
    open_ones = {route.name for route in PAGES if route.guard is None and not route.name.startswith("drf")}
    assert open_ones - set(OPEN_PAGES) == set(), "declare a guard, or say why the page may be open"
    assert set(OPEN_PAGES) - {route.name for route in PAGES} == set(), "an open page that is gone"
    names = {permission for route in PAGES if route.guard for permission in [route.guard.permission] if permission}
    assert names <= set(registered())


@pytest.mark.control("CES1-05/11")
def test_no_api_operation_is_without_a_declaration() -> None:
    undeclared = [
        (route.pattern, method)
        for route in API
        for method, permission in route.operations()
        if not permission and route.name not in ("api-schema", "api-docs")
    ]
    assert undeclared == []


def test_every_parameter_of_a_route_has_an_example() -> None:
    missing = {
        (route.area, name)
        for route in ROUTES
        for name in route.parameters
        if examples.maker_of(route.pattern, route.area, name) is None
    }
    assert missing == set()


@pytest.mark.control("MLPS/21")
def test_high_risk_acts_ask_for_fresh_proof() -> None:
    unproven = [
        route.name
        for route in GUARDED
        if route.guard
        and not route.guard.step_up
        and any(word in route.callback.__name__ for word in HIGH_RISK)
        and route.name not in NOT_HIGH_RISK
    ]
    assert unproven == [], "declare step_up=True, or say why the act is not high-risk"


@pytest.mark.control("CES1-09/15")
@pytest.mark.requirement("WX-SEC-04")
def test_strangers_are_led_to_the_door(district: World, objects: Objects) -> None:
    """Nobody, a resident at a desk, staff on a resident's page, staff on a host that is not theirs."""
    alpha_host = f"{district.alpha}.localhost"
    resident = examples.resident_browser(district.stranger).cookies["sessionid"].value
    clerk = district.desk(district.alpha, Role.HOSPITAL_MANAGER).cookies["sessionid"].value
    neighbour = district.desk(district.beta, Role.HOSPITAL_MANAGER).cookies["sessionid"].value
    operator = district.desk("", Role.OPERATIONS).cookies["sessionid"].value
    strangers = {
        "workspace": (alpha_host, ("", resident, neighbour, operator)),
        "desk": (alpha_host, ("", resident, neighbour, operator)),
        "district": ("localhost", ("", resident, clerk)),
        "resident": ("localhost", ("", operator, clerk)),
    }
    got_in = []
    for route, method in _pages(*strangers):
        host, sessions = strangers[route.area]
        address = _address(route, objects)
        for session in sessions:
            browser = Client(SERVER_NAME=host)
            if session:
                browser.cookies["sessionid"] = session
            answer = _send(browser, method, address)
            if answer.status_code != 405 and not _led_to_sign_in(answer):
                got_in.append((method, route.pattern, answer.status_code))
    assert got_in == []


@pytest.mark.control("CES1-09/15", "CES1-05/11")
@pytest.mark.requirement("WZ-SEC-02")
def test_another_role_of_the_same_place_is_refused(district: World, objects: Objects) -> None:
    """Every role that does not hold the page's permission, at the hospital and at the district."""
    let_in = []
    for place, area, roles in ((district.alpha, "workspace", HOSPITAL_ROLES), ("", "district", DISTRICT_ROLES)):
        for role in roles:
            browser = district.desk(place, role)
            for route, method in _pages(area):
                if role in _holders(route, roles):
                    continue
                answer = _send(browser, method, _address(route, objects))
                sent_on = (
                    route.name in FIRST_PAGES and answer.status_code == 302 and answer["Location"] != route.pattern
                )
                if answer.status_code not in (403, 405) and not sent_on:
                    let_in.append((role, method, route.pattern, answer.status_code))
    assert let_in == []


@pytest.mark.control("CES1-10/17", "CES1-09/15")
def test_another_hospitals_staff_reach_nothing_of_this_one(district: World, objects: Objects) -> None:
    """With the right role, on their own host, naming this hospital's things: not found, and nothing has changed."""
    for role in HOSPITAL_ROLES:
        district.desk(district.beta, role)
    addresses = {
        route.name: _address(route, objects)
        for route in GUARDED
        if route.area == "workspace" and set(route.parameters) - NOT_OF_A_HOSPITAL
    }
    reached = []
    with examples.unchanged(district.alpha):
        for role in HOSPITAL_ROLES:
            browser = district.desk(district.beta, role)
            for route, method in _pages("workspace"):
                if route.name not in addresses or role not in _holders(route, HOSPITAL_ROLES):
                    continue
                answer = _send(browser, method, addresses[route.name])
                form = FORMS.get(route.name, "") if method == "POST" else ""
                if form and role not in registered()[form].roles:
                    assert answer.status_code == 403, (role, route.pattern)
                    continue
                # A form's refusal is said on the list it came from; that nothing happened is seen below.
                if answer.status_code not in (404, 405, 302, 422):
                    reached.append((method, route.pattern, answer.status_code))
    assert reached == []


@pytest.mark.control("CES1-09/15")
@pytest.mark.requirement("WX-SEC-04")
def test_another_resident_reaches_nothing_of_this_one(district: World, objects: Objects) -> None:
    browser, token = examples.resident_browser(district.stranger), examples.resident_token(district.stranger)
    reached = []
    for route, _ in (*_pages("resident"), *_operations(RESIDENT, SIGNED_IN)):
        _address(route, objects)  # what is looked for is there before anybody looks
    alarm = frozenset({"vigilance_flag", "region_audit"})  # so many refusals in a row are told to the administrator
    with examples.unchanged(district.alpha, besides=alarm):
        for route, method in _pages("resident"):
            if set(route.parameters) & OWN:
                status = _send(browser, method, _address(route, objects)).status_code
                # A form's refusal is said on the page it came from; that nothing happened is seen below.
                if status not in (404, 405, 302):
                    reached.append((method, route.pattern, status))
        for route, method in _operations(RESIDENT, SIGNED_IN):
            if set(route.parameters) & OWN:
                status = _call(method, _address(route, objects), token).status_code
                if status not in (404, 422, 400):
                    reached.append((method, route.pattern, status))
    assert reached == []


def _operations(*permissions: str) -> Iterator[tuple[Route, str]]:
    return ((route, method) for route in API for method, declared in route.operations() if declared in permissions)


def _call(method: str, address: str, token: str) -> Any:
    http = Client(SERVER_NAME="localhost", raise_request_exception=False)
    headers = {"Idempotency-Key": uuid.uuid4().hex, "Authorization": f"Bearer {token}"}
    return http.generic(method, address, b"{}", content_type="application/json", headers=headers)


@pytest.mark.control("MLPS/21")
def test_stale_proof_is_asked_for_again(district: World, objects: Objects) -> None:
    """Six minutes after the last proof a high-risk act leads to the question, whoever asks, and does nothing."""
    passed, asked = [], 0
    for place, roles in ((district.alpha, HOSPITAL_ROLES), ("", DISTRICT_ROLES)):
        for role in roles:
            browser = district.desk(place, role)
            for route, method in _pages("workspace" if place else "district"):
                if not (route.guard and route.guard.step_up and role in _holders(route, roles)):
                    continue
                asked += 1
                answer = _stale(browser, method, _address(route, objects))
                if answer.status_code != 405 and not answer.get("Location", "").startswith("/desk/confirm"):
                    passed.append((method, route.pattern, answer.status_code))
    assert passed == []
    assert asked >= 10


def _stale(browser: Client, method: str, address: str) -> Any:
    with clock.shifted(timedelta(minutes=6)):
        return _send(browser, method, address)


@pytest.mark.control("CES1-09/15", "CES1-12/22", "CES1-35/49")
def test_the_right_one_gets_in(district: World, objects: Objects) -> None:
    """Or all refusals above would prove nothing: reading comes first, acts (sent empty) after it."""
    refused: list[tuple[str, str, str, int]] = []
    with region(read_only=True):
        canary = Identifier.objects.get(person_id=district.owner.person_id).number
    for method in ("GET", "POST"):
        for place, area, roles in ((district.alpha, "workspace", HOSPITAL_ROLES), ("", "district", DISTRICT_ROLES)):
            for route in GUARDED:
                holders = _holders(route, roles)
                if route.area != area or not holders or method not in route.methods:
                    continue
                answer = _send(district.desk(place, holders[0]), method, _address(route, objects))
                if answer.status_code in REFUSALS or answer.status_code >= 500 or _led_to_sign_in(answer):
                    refused.append((method, route.pattern, holders[0], answer.status_code))
                assert canary.encode() not in _told(answer), route.pattern
    owner = examples.resident_browser(district.owner)
    token = examples.resident_token(district.owner)
    for method in ("GET", "POST"):
        for route in GUARDED:
            if route.area == "resident" and method in route.methods:
                answer = _send(owner, method, _address(route, objects))
                if answer.status_code in REFUSALS or answer.status_code >= 500 or _led_to_sign_in(answer):
                    refused.append((method, route.pattern, "owner", answer.status_code))
    # What ends something comes last, or what follows would find nothing; the owner's own entry is the very last.
    cells = sorted(
        _operations(RESIDENT, SIGNED_IN), key=lambda cell: (cell[1] == "DELETE", "person_id" in cell[0].parameters)
    )
    for route, method in cells:
        answer = _call(method, _address(route, objects), token)
        if answer.status_code in REFUSALS or answer.status_code >= 500:
            refused.append((method, route.pattern, "owner", answer.status_code))
    assert refused == [], "\n".join(f"{method} {where} {who} {status}" for method, where, who, status in refused)
    assert _audited(district.alpha) | _audited(REGION) >= AUDITED


@pytest.mark.requirement("JA-OPS-08")
def test_screens_of_all_modules_share_layout_and_controls(district: World, objects: Objects) -> None:
    """Every page staff open: one bar, one header, one sheet of styles, buttons and tables of one kind."""
    seen = 0
    for place, area, roles in ((district.alpha, "workspace", HOSPITAL_ROLES), ("", "district", DISTRICT_ROLES)):
        for route in GUARDED:
            holders = _holders(route, roles)
            if route.area != area or not holders or "GET" not in route.methods or route.name in OTHER_SCREENS:
                continue
            answer = _send(district.desk(place, holders[0]), "GET", _address(route, objects))
            if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
                continue
            page = answer.content.decode()
            seen += 1
            assert re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', page) == ["portal/portal.css"], (
                route.name
            )
            assert page.count('<aside class="side">') == page.count('<header class="top">') == 1, route.name
            assert page.count('<main id="content" class="content">') == page.count("<h1>") == 1, route.name
            bare = [tag for tag in re.findall(r"<button[^>]*>", page) if "class=" not in tag]
            assert bare == [], (route.name, bare)
            tables = [tag for tag in re.findall(r"<table[^>]*>", page) if 'class="data' not in tag]
            assert tables == [], (route.name, tables)
            assert " style=" not in page, route.name
    assert seen > 50


def _told(answer: Any) -> bytes:
    """Everything an answer says, with where it leads; cells of sheets are looked at on the way."""
    content = b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)
    if answer.get("Content-Type", "").startswith("text/csv"):
        cells = [cell for line in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in line]
        assert [cell for cell in cells if cell.startswith(("=", "+", "@", "-c"))] == [], "a spreadsheet would run it"
    return content + str(answer.get("Location", "")).encode()


def _audited(scope: str) -> set[str]:
    return {entry.action for entry in entries_of(scope, Search(), limit=1000)}
