"""A resident browses: lists come from the projection in a constant number of queries, numbers from the hospital."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time, timedelta
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import signing
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from hub.work import work
from regional_services.catalog import projection, selectors
from regional_services.catalog.models import CatalogSession
from tenants.registry.models import Institution
from tenants.registry.selectors import forget, institutions
from tenants.scheduling import services, steps
from tenants.scheduling.selectors import SessionSummary, session_summaries
from tests.scheduling.builders import (
    SYNC,
    TOMORROW,
    numbers,
    open_hospital,
    open_session,
    schedule,
    session_id,
    snapshot,
)


@pytest.fixture
def shown(alpha: str) -> str:
    """Hospital alpha in the registry, with one session of three numbers in the catalogue."""
    with region():
        Institution.objects.create(
            code=alpha, name="云栖区甲医院", short_name="甲医院", kind="hospital", level="二级甲等", ward="云栖街道",
            address="云栖路1号", latitude=31.2, longitude=121.4, phone="021-00000000",
            booking_mode="hub_pool", settle_mode="pay_to_confirm", dialect="rest_json", sets=["all"],
        )  # fmt: skip
    forget()
    open_hospital(alpha)
    open_session(alpha, 3)
    drain()
    return alpha


def _get(client: Client, path: str) -> Any:
    response = client.get(f"/api/resident/v1/{path}")
    assert response.status_code == 200, response.content.decode()
    return response.json()


def _items(client: Client, path: str) -> Any:
    return _get(client, path)["items"]


def test_from_the_list_of_institutions_to_a_free_number(shown: str, client: Client) -> None:
    """The way a resident takes, through the public interface."""
    [institution] = _items(client, "institutions?latitude=31.21&longitude=121.4")
    assert institution["code"] == shown
    assert institution["free"] == 3
    assert 1000 < institution["distance_m"] < 1200
    department = next(d for d in _items(client, f"institutions/{shown}/departments") if d["name"] == "心血管内科")
    assert [d["free"] for d in _items(client, f"departments/{department['id']}/days")] == [3]
    [session] = _get(client, f"sessions?department={department['id']}&date={TOMORROW}")["items"]
    assert session["doctor_name"] == "沈明远"
    assert session["doctor_title"] == "主任医师"
    assert session["age_seconds"] < 60
    rows = _items(client, f"sessions/{session['id']}/numbers")
    assert [row["text"] for row in rows] == ["08:00-08:15 第1号", "08:15-08:30 第2号", "08:30-08:45 第3号"]
    assert all(row["is_free"] for row in rows)


def test_a_claim_shows_in_the_list_and_at_once_in_the_numbers(shown: str, client: Client) -> None:
    """Numbers are read from the hospital's rows; the list follows by event."""
    session = session_id(shown)
    with work(shown, actor=SYNC) as unit:
        steps.claim_any(unit, session_id=session, holder=session)
        unit.audit("test.claimed", target="number")
    assert [row["is_free"] for row in _items(client, f"sessions/{session}/numbers")] == [False, True, True]
    drain()
    projection.refresh(shown)
    assert _items(client, "institutions")[0]["free"] == 2


def test_every_list_comes_in_pages_and_a_cursor_goes_on_where_it_ended(shown: str, client: Client) -> None:
    """The house's convention; a mark whose row is gone, or that is not ours, is refused."""
    numbers, cursor = f"sessions/{session_id(shown)}/numbers?limit=2", ""
    pages: list[list[int]] = []
    while not pages or cursor:
        page = _get(client, f"{numbers}&cursor={cursor}")
        pages.append([row["sequence"] for row in page["items"]])
        cursor = page["next"]
    assert pages == [[1, 2], [3]]
    institutions = _get(client, "institutions?limit=1")
    assert (len(institutions["items"]), institutions["next"]) == (1, None)
    stolen = signing.dumps(["nirgends"], salt="hub.api.cursor")
    for wrong in ("nonsense", stolen):
        refused = client.get(f"/api/resident/v1/institutions?cursor={wrong}")
        assert (refused.status_code, "cursor" in refused.content.decode()) == (422, True)


def test_many_changes_of_a_session_cost_one_refresh(shown: str) -> None:
    """Coalesced: while a session is stale, later changes only raise its mark; none is lost."""
    session = session_id(shown)
    assert projection.mark(shown, [session])
    assert not projection.mark(shown, [session])
    assert projection.catch_up(shown) == projection.Pass(copied=1, behind=False)
    assert projection.catch_up(shown) == projection.Pass(copied=0, behind=False)
    assert projection.mark(shown, [session])


def test_an_older_reading_never_replaces_a_newer_one(shown: str) -> None:
    """Two refreshes side by side: the later reading wins whatever the order of writing."""
    with region():
        CatalogSession.objects.update(refreshed_at=clock.at(TOMORROW, time(9)), free=77)
    projection.mark(shown, [session_id(shown)])
    projection.refresh(shown)
    with region(read_only=True):
        assert CatalogSession.objects.get().free == 77


def test_search_by_name_and_by_initials(shown: str, client: Client) -> None:
    """沈明远 is found by 明远 and by SMY; 心血管内科 by XXG."""
    assert [d["name"] for d in _get(client, "search?q=明远")["doctors"]] == ["沈明远"]
    assert [d["name"] for d in _get(client, "search?q=smy")["doctors"]] == ["沈明远"]
    assert [d["name"] for d in _get(client, "search?q=XXG")["departments"]] == ["心血管内科"]
    assert _get(client, "search?q=甲医院")["institutions"] == [{"code": shown, "name": "云栖区甲医院"}]


def test_lists_cost_the_same_queries_however_long(shown: str) -> None:
    """Counted with one session and with thirty."""
    with region(read_only=True):
        [department] = [d for d in selectors.departments_of(shown) if d.free]

    def count() -> list[int]:
        institutions()  # warm
        costs = []
        for call in (
            lambda: selectors.hospitals(),
            lambda: selectors.departments_of(shown),
            lambda: selectors.days_of(department.id),
            lambda: selectors.sessions_of(department.id, day=TOMORROW),
            lambda: selectors.search("心"),
        ):
            with region(read_only=True), CaptureQueriesContext(connections["default"]) as queries:
                call()
            costs.append(len(queries))
        return costs

    before = count()
    codes = [f"T{index}" for index in range(30)]
    told = tuple(number for code in codes for number in numbers(4, code))
    services.apply_snapshot(shown, snapshot(tuple(schedule(code) for code in codes), told), actor=SYNC)
    drain()
    projection.refresh(shown)
    with region(read_only=True):
        assert len(selectors.sessions_of(department.id, day=TOMORROW)) == 31
    assert count() == before == [1, 2, 1, 2, 3]


def test_pages_of_sessions_follow_a_cursor(shown: str, client: Client) -> None:
    """Every session once, in pages."""
    codes = [f"T{index}" for index in range(7)]
    services.apply_snapshot(shown, snapshot(tuple(schedule(code) for code in codes), ()), actor=SYNC)
    drain()
    projection.refresh(shown)
    with region(read_only=True):
        [department] = [d for d in selectors.departments_of(shown) if d.free]
    seen: list[str] = []
    cursor = ""
    while True:
        page = _get(client, f"sessions?department={department.id}&limit=3&cursor={cursor}")
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 8


def test_an_unknown_institution_or_department_is_not_found(shown: str, client: Client) -> None:
    """A problem document, not an empty list."""
    for path in ("institutions/nirgends/departments", f"departments/{session_id(shown)}/days"):
        response = client.get(f"/api/resident/v1/{path}")
        assert response.status_code == 404
        assert response.json()["code"].endswith(("unknown_institution", "not_found"))


def test_a_rush_on_one_session_costs_a_refresh_a_second(shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty claims at once: their deliveries are absorbed, the hospital is read about once a second, none is lost."""
    session = open_session(shown, 20)
    drain()
    projection.refresh(shown)
    reads: list[int] = []

    def counted(ids: Iterable[UUID]) -> list[SessionSummary]:
        reads.append(1)
        return session_summaries(ids)

    monkeypatch.setattr("regional_services.catalog.projection.session_summaries", counted)
    for _ in range(20):
        with work(shown, actor=SYNC) as unit:
            steps.claim_any(unit, session_id=session, holder=uuid4())
            unit.audit("test.claimed", target="number")
    begun = monotonic()
    for later in range(4):
        with clock.shifted(timedelta(seconds=5 * later)):
            drain()
    assert 1 <= len(reads) <= monotonic() - begun + 2
    with region(read_only=True):
        assert CatalogSession.objects.get(session_id=session).free == 0
