"""Statistics, their export, and the wall screen: right, recorded, and as cheap for a thousand hospitals as for two."""

from __future__ import annotations

import csv
import io
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.audit.selectors import Search, entries_of
from hub.ids import domain_number, uuid7
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from regional_services.booking.models import Booking, Pricing, Settlement, State
from regional_services.statistics import selectors, services
from regional_services.statistics.models import DayFigure, HospitalHealth, HourFigure
from tenants.registry import selectors as registry
from tenants.registry.models import Institution
from tests.booking.world import book, open_for_booking, register_institution, resident
from tests.portal.desks import desk_of, text_of

PAGES = (
    "statistics",
    "statistics/bookings",
    "statistics/bookings.csv",
    "statistics.json",
    "statistics.csv",
    "screen",
    "screen/figures",
    "screen/hospitals",
)


def booking(
    code: str,
    *,
    days_ago: int = 0,
    state: State = State.BOOKED,
    settlement: Settlement = Settlement.PAID,
    visit_in: timedelta = timedelta(days=3),
) -> None:
    """A booking as it might stand, made some days ago."""
    booking_id, at = uuid7(), clock.now() - timedelta(days=days_ago)
    visit = clock.now() + visit_in
    with region():
        Booking.objects.create(
            id=booking_id,
            institution_code=code,
            number=domain_number("B", booking_id),
            account_id=uuid7(),
            person_id=uuid7(),
            session_id=uuid7(),
            number_id=uuid7(),
            department_id=uuid7(),
            department_name="内科",
            visit_date=clock.local(visit).date(),
            starts_at=visit,
            ends_at=visit,
            fee_fen=2500,
            list_fee_fen=2500,
            pricing=Pricing.LIST,
            pay_on_day=False,
            his_locked=False,
            state=state,
            settlement=settlement,
            created_at=at,
            updated_at=at,
        )


@pytest.fixture
def fortnight(alpha: str, beta: str) -> None:
    """Bookings of two hospitals over some days."""
    register_institution(alpha)
    register_institution(beta)
    booking(alpha)
    booking(alpha, state=State.CANCELLED, settlement=Settlement.REFUNDED)
    booking(alpha, state=State.FAILED, settlement=Settlement.UNPAID)
    booking(alpha, days_ago=5, visit_in=-clock.DAY)
    booking(beta, days_ago=2)
    booking(beta, days_ago=40)
    services.refresh(14)


def test_figures_are_those_of_the_bookings(fortnight: None, alpha: str, beta: str) -> None:
    today = clock.today()
    [row] = selectors.by_day(today, today)
    assert (row.created, row.booked, row.cancelled, row.failed, row.refunded) == (3, 1, 1, 1, 1)
    assert (row.paid_fen, row.refunded_fen) == (2500, 2500)
    rows = {row.key: row for row in selectors.by_institution(today - timedelta(days=13), today)}
    assert (rows[alpha].created, rows[alpha].no_shows, rows[beta].created) == (4, 1, 1)


def test_computing_anew_changes_nothing_but_what_changed(fortnight: None, alpha: str) -> None:
    with region():
        Booking.objects.filter(state=State.FAILED).update(state=State.BOOKED)
        before = DayFigure.objects.count()
    services.refresh(2)
    today = clock.today()
    assert [row.failed for row in selectors.by_day(today, today, alpha)] == [0]
    with region(read_only=True):
        assert DayFigure.objects.count() == before


def test_one_goes_from_the_district_down_to_an_institution(fortnight: None, alpha: str) -> None:
    operator = desk_of(Role.OPERATIONS)
    page = text_of(operator.get("/district/statistics"))
    assert "云栖区alpha医院" in page
    assert "institution=alpha" in page
    down = text_of(operator.get("/district/statistics", {"institution": alpha}))
    assert str(clock.today()) in down
    series = operator.get("/district/statistics.json", {"institution": alpha}).json()
    assert (len(series["days"]), series["series"][0]["data"][-1]) == (30, 3)
    assert operator.get("/district/statistics", {"institution": "nowhere"}).status_code == 404
    assert operator.get("/district/statistics", {"since": "x", "until": "1999-99-01"}).status_code == 200


def test_every_number_opens_its_list_down_to_a_department_and_a_day(fortnight: None, alpha: str, beta: str) -> None:
    operator = desk_of(Role.OPERATIONS)
    lists = "/district/statistics/bookings"
    for what, count in {"created": 4, "booked": 2, "cancelled": 1, "failed": 1, "refunded": 1, "no_shows": 1}.items():
        page = text_of(operator.get(lists, {"institution": alpha, "what": what}))
        assert f"共 {count} 个" in page, what
        assert page.count('<td class="strong said" title="B') == count
    assert "共 5 个" in text_of(operator.get(lists)), "all hospitals, the last thirty days"
    down = text_of(operator.get("/district/statistics", {"institution": alpha}))
    assert "按科室" in down
    with region(read_only=True):
        department = str(Booking.objects.filter(institution_code=alpha).order_by("created_at")[0].department_id)
    assert f"department={department}" in down
    one = {"institution": alpha, "department": department}
    days = text_of(operator.get("/district/statistics", one))
    assert str(clock.today() - timedelta(days=5)) in days
    assert "共 1 个" in text_of(operator.get(lists, one))
    sheet = operator.get(f"{lists}.csv", one).content.decode("utf-8-sig").splitlines()
    assert len(sheet) == 3
    assert sheet[0].startswith("导出编号 E")
    assert desk_of(Role.REVIEWER).get(f"{lists}.csv").status_code == 403
    assert desk_of(Role.HOSPITAL_MANAGER, hospital=beta).get(lists).status_code == 403


def test_an_export_says_who_took_it_and_the_audit_knows_its_number(fortnight: None, alpha: str) -> None:
    with region():
        Institution.objects.filter(pk=alpha).update(name="=1+1")
    registry.forget()
    answer = desk_of(Role.OPERATIONS).get("/district/statistics.csv", {"institution": alpha})
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    number = lines[0][0].removeprefix("导出编号 ")
    assert lines[0][1] == "导出人 张伟"
    assert lines[-1][:4] == [str(clock.today()), alpha, "'=1+1", "3"]
    assert lines[-1][-2:] == ["25.00", "25.00"]
    entry = entries_of(REGION, Search(target=f"export:{number}"))[0]
    assert (entry.action, entry.detail["rows"]) == ("statistics.exported", len(lines) - 2)


def test_a_reviewer_looks_and_takes_nothing_and_others_do_neither(fortnight: None, alpha: str, client: Client) -> None:
    reviewer = desk_of(Role.REVIEWER)
    assert reviewer.get("/district/statistics").status_code == 200
    assert "statistics.csv" not in text_of(reviewer.get("/district/statistics"))
    assert reviewer.get("/district/statistics.csv").status_code == 403
    for other in (desk_of(Role.AUDIT_ADMIN), desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)):
        assert [page for page in PAGES if other.get(f"/district/{page}").status_code != 403] == []
    assert [page for page in PAGES if client.get(f"/district/{page}").status_code != 302] == []


def test_the_screen_shows_now_and_a_usual_day(alpha: str) -> None:
    session = open_for_booking(alpha)
    book(alpha, session, resident())
    with region():
        for weeks in (1, 2):
            HourFigure.objects.create(day=clock.today() - timedelta(weeks=weeks), hour=0, created=weeks * 10)
    operator = desk_of(Role.OPERATIONS)
    page = text_of(operator.get("/district/screen"))
    assert '<p class="big">1</p>' in page
    assert "没有近况" in page
    series = operator.get("/district/screen/series.json").json()
    assert (series["usual"][23], series["today"][-1]) == (15, 1)
    services.observe()
    assert "尚无往来" in text_of(operator.get("/district/screen/hospitals"))


def test_a_thousand_hospitals_cost_no_more_queries(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FRESH_SECONDS", 600.0)  # the list of institutions is memory, not a page's query
    register_institution(alpha)
    operator = desk_of(Role.OPERATIONS)
    few = queries(operator)
    many()
    assert queries(operator) == few
    begun = time.perf_counter()
    page = text_of(operator.get("/district/screen"))
    assert time.perf_counter() - begun < 3
    assert page.count("/district/institutions/bulk") >= 1000
    assert "还有" in page
    listed = text_of(operator.get("/district/institutions", {"light": "trouble", "page": "2"}))
    assert (listed.count("/district/institutions/bulk"), "上一页" in listed) == (12, True)


def many() -> None:
    """A thousand institutions with figures and health."""
    codes = ["bulk" + "".join(chr(97 + int(digit)) for digit in f"{number:04d}") for number in range(1000)]
    with region():
        sample = Institution.objects.values().get()
        Institution.objects.bulk_create(
            [Institution(**{**sample, "code": code, "name": code, "short_name": code}) for code in codes]
        )
        HospitalHealth.objects.bulk_create(
            [
                HospitalHealth(
                    institution_code=code,
                    at=clock.now(),
                    reachable=number % 9 > 0,
                    calls=3,
                    failed=0,
                    unknown=0,
                    waiting=0,
                    dead_letters=0,
                )
                for number, code in enumerate(codes)
            ]
        )
        DayFigure.objects.bulk_create(
            [DayFigure(institution_code=code, day=clock.today(), created=5) for code in codes]
        )
    registry.forget()


def queries(operator: Client) -> list[int]:
    """How many statements each page takes, everything warm."""
    counted = []
    for page in ("screen", "screen/figures", "screen/hospitals", "screen/series.json", "statistics", "institutions"):
        operator.get(f"/district/{page}")
        with CaptureQueriesContext(connections["default"]) as captured:
            assert operator.get(f"/district/{page}").status_code == 200
        counted.append(len([query for query in captured if query["sql"].lstrip().upper().startswith("SELECT")]))
    return counted
