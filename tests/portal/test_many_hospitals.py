"""A thousand hospitals make no page slower: lists take the same statements at 26 as at 200, and a page of rows."""

from __future__ import annotations

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.security.roles import Role
from hub.tenancy.scope import region
from institution_connectors.catalog import selectors as connectors
from regional_services.catalog.models import CatalogDepartment, CatalogSession
from regional_services.statistics.models import DayFigure, HospitalHealth
from regional_services.synthetic.models import Service, SyntheticDay, SyntheticState
from tenants.registry import selectors as registry
from tenants.registry.models import Institution
from tests.booking.world import book, open_for_booking, resident
from tests.portal.desks import desk_of, text_of

DISTRICT = (
    "/district/", "/district/pulse.json", "/district/institutions", "/district/institutions?light=trouble",
    "/district/institutions/alpha", "/district/statistics", "/district/statistics.json", "/district/joining",
    "/district/synthetic", "/district/synthetic/alpha", "/district/screen", "/district/screen/figures",
    "/district/screen/hospitals", "/district/screen/series.json", "/district/letters",
)  # fmt: skip
ADMINISTRATORS = ((Role.SECURITY_ADMIN, "/district/accounts"), (Role.AUDIT_ADMIN, "/district/audit"))
RESIDENTS = ("/", "/hospitals", "/hospitals?kind=hospital", "/hospitals/alpha", "/search?q=内科")
API = ("/api/resident/v1/institutions", "/api/resident/v1/institutions/alpha/departments")
PAGES_OF_ROWS = {
    "/district/institutions": 100,
    "/district/synthetic": 50,
    "/district/statistics": 100,
    "/hospitals": 50,
}


@pytest.fixture
def one(alpha: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """One hospital with all it may have; what a process keeps in memory stays there for the test."""
    monkeypatch.setattr(registry, "FRESH_SECONDS", 600.0)
    monkeypatch.setattr(connectors, "FRESH_SECONDS", 600.0)
    book(alpha, open_for_booking(alpha), resident())
    return alpha


def grow(first: int, last: int) -> None:
    """Institutions with what every list reads of them."""
    codes = ["bulk" + "".join(chr(97 + int(digit)) for digit in f"{number:04d}") for number in range(first, last)]
    with region():
        sample = Institution.objects.values().get(code="alpha")
        session = CatalogSession.objects.filter(institution_code="alpha").values()[0]
        department = CatalogDepartment.objects.get(department_id=session["department_id"])
        copies = [{**sample, "code": code, "name": f"{code}医院", "short_name": code} for code in codes]
        Institution.objects.bulk_create([Institution(**copy) for copy in copies])
        for code in codes:
            key = {"institution_code": code}
            DayFigure.objects.create(**key, day=clock.today(), created=5)
            HospitalHealth.objects.create(
                **key, at=clock.now(), reachable=False, calls=3, failed=0, unknown=0, waiting=0, dead_letters=0
            )
            SyntheticState.objects.create(**key, due_at=clock.now(), ok=True, ran_at=clock.now(), depth="full")
            SyntheticDay.objects.create(**key, day=clock.today(), service=Service.BOOKING, runs=9, failed=1)
        assert department is not None
    registry.forget()


def statements(client: Client, path: str) -> int:
    """How many SELECTs a page takes when everything is warm."""
    assert client.get(path).status_code == 200, path
    with CaptureQueriesContext(connections["default"]) as captured:
        assert client.get(path).status_code == 200, path
    return sum(query["sql"].lstrip().upper().startswith("SELECT") for query in captured)


@pytest.fixture
def visitors(one: str) -> list[tuple[Client, str]]:
    """Who looks at what."""
    operator, anybody = desk_of(Role.OPERATIONS), Client()
    looks = [(operator, path) for path in DISTRICT]
    looks += [(desk_of(role), path) for role, path in ADMINISTRATORS]
    return looks + [(anybody, path) for path in (*RESIDENTS, *API)]


def test_no_list_takes_more_statements_at_two_hundred_hospitals(visitors: list[tuple[Client, str]]) -> None:
    grow(0, 25)
    few = {path: statements(client, path) for client, path in visitors}
    grow(25, 200)
    many = {path: statements(client, path) for client, path in visitors}
    assert many == few
    assert max(many.values()) <= 25, many
    for client, path in visitors:
        if path in PAGES_OF_ROWS:
            page = text_of(client.get(path))
            assert page.count('<td class="strong">') + page.count('class="avatar') <= PAGES_OF_ROWS[path], path
            assert "page=2" in page, path
            assert "上一页" in text_of(client.get(f"{path}?page=2"))


def test_the_wall_screen_of_a_thousand_is_small_and_as_cheap(one: str) -> None:
    operator = desk_of(Role.OPERATIONS)
    few = statements(operator, "/district/screen/hospitals")
    grow(0, 1000)
    assert statements(operator, "/district/screen/hospitals") == few
    page = operator.get("/district/screen/hospitals").content
    assert page.count(b"/district/institutions/bulk") >= 1000
    assert len(page) < 200_000, f"{len(page)} bytes"
