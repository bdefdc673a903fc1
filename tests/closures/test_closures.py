"""The typhoon button: previewed, confirmed, carried on at a pace, resumable; and who lost a visit books first."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from regional_services.booking.models import Booking, RebookingRight
from regional_services.catalog import projection
from regional_services.closures import services as closures
from regional_services.closures.models import Closure, ClosureTarget
from tenants.registry import calendar
from tenants.registry.models import CalendarDay
from tenants.scheduling import services as scheduling
from tenants.scheduling.errors import NotReleased
from tenants.scheduling.models import Session
from tenants.scheduling.services import RuleWish
from tests.booking import world
from tests.portal.desks import desk_of, text_of
from tests.scheduling.builders import SYNC, TOMORROW, numbers, schedule, session_id, snapshot
from tests.scheduling.test_releases import manager


def _form(*codes: str, seen: int = 0) -> dict[str, str | list[str]]:
    return {
        "code": list(codes),
        "day": [TOMORROW.isoformat()],
        "reason": "台风橙色预警",
        "per_minute": "300",
        "rebook_days": "14",
        "seen": str(seen),
    }


def _step() -> int:
    """The next step, its pause over."""
    Closure.objects.update(next_at=clock.now())
    return closures.carry_on()


def _carry_on(limit: int = 20) -> None:
    for _ in range(limit):
        _step()
        if not Closure.objects.filter(state="running").exists():
            return


def test_two_hospitals_close_in_one_act(alpha: str, beta: str) -> None:
    here, there = world.open_for_booking(alpha, 3, fee_fen=0), world.open_for_booking(beta, 3, fee_fen=0)
    people = [world.resident() for _ in range(3)]
    made = [world.book(alpha, here, people[0]), world.book(alpha, here, people[1]), world.book(beta, there, people[2])]
    drain(outside=False)
    operations = desk_of(Role.OPERATIONS)
    page = text_of(operations.get("/district/closures/new", _form(alpha, beta)))
    assert re.search(r"将取消的预约</span><b>3</b>", page)
    stale = operations.post("/district/closures/new", _form(alpha, beta, seen=2))
    assert "名单" in text_of(stale) or "刚刚变了" in text_of(stale)
    assert not Closure.objects.exists()
    begun = operations.post("/district/closures/new", _form(alpha, beta, seen=3))
    address = begun["Location"]
    operations.post(f"{address}/pause", {"to": "pause"})
    assert _step() == 0, "held where it is"
    operations.post(f"{address}/pause", {"to": "resume"})
    _carry_on()
    drain(outside=False)
    assert set(Booking.objects.values_list("state", flat=True)) == {"stopped"}
    assert {row.bookings for row in ClosureTarget.objects.all()} == {1, 2}
    assert "已完成" in text_of(operations.get(address))
    assert "台风橙色预警" in " ".join(message.text for message in world.messages_of(people[0]))
    with hospital(alpha, read_only=True):
        assert Session.objects.get().state == "stopped"
    assert RebookingRight.objects.count() == len(made)


def test_a_step_done_twice_does_nothing_twice(alpha: str) -> None:
    session = world.open_for_booking(alpha, 2, fee_fen=0)
    world.book(alpha, session, world.resident())
    drain(outside=False)
    desk_of(Role.OPERATIONS).post("/district/closures/new", _form(alpha, seen=1))
    assert _step() == 1
    assert closures.carry_on() == 0, "the next step is not due yet"
    ClosureTarget.objects.update(state="running", bookings=0)
    assert _step() == 0
    assert RebookingRight.objects.count() == 1
    _carry_on()
    assert Closure.objects.get().state == "done"


def test_who_lost_a_visit_books_before_the_release_and_once(alpha: str) -> None:
    session = world.open_for_booking(alpha, 2, fee_fen=0)
    who, other = world.resident(), world.resident()
    world.book(alpha, session, who)
    drain(outside=False)
    desk_of(Role.OPERATIONS).post("/district/closures/new", _form(alpha, seen=1))
    _carry_on()
    drain(outside=False)
    day = TOMORROW + timedelta(days=2)
    told = snapshot((schedule("S2", day=day, fee_fen=0),), numbers(2, "S2", day=day))
    scheduling.apply_snapshot(alpha, told, actor=SYNC)
    rule = RuleWish(department_id=None, valid_from=clock.today(), days_ahead=0, hour=clock.MIDNIGHT)
    scheduling.set_release_rule(actor=manager(), hospital=alpha, wish=rule)
    drain(outside=False)
    projection.refresh(alpha)
    later = session_id(alpha, "S2")
    with pytest.raises(NotReleased):
        world.book(alpha, later, other)
    assert world.book(alpha, later, who).state == "booked"
    drain(outside=False)
    assert RebookingRight.objects.get().used_by is not None


def test_only_the_districts_operations_close(alpha: str) -> None:
    world.register_institution(alpha)
    for role in (Role.REVIEWER, Role.SYSTEM_ADMIN):
        assert desk_of(role).get("/district/closures/new").status_code == 403
    assert desk_of(Role.HOSPITAL_MANAGER, hospital=alpha).get("/district/closures").status_code in {403, 404}


def test_the_calendar_is_seeded_once_and_edited_by_hand(alpha: str) -> None:
    first = calendar.seed(actor=SYNC)
    assert first > 30
    assert calendar.seed(actor=SYNC) == 0
    operations = desk_of(Role.OPERATIONS)
    page = text_of(operations.get("/district/calendar", {"year": "2026"}))
    assert "国庆节" in page
    assert "尚未与国务院办公厅的通知核对" in page
    assert "已标为核对过" in text_of(operations.post("/district/calendar/confirm", {"year": "2026"}, follow=True))
    assert "未核对" not in text_of(operations.get("/district/calendar", {"year": "2026"}))
    operations.post("/district/calendar/change", {"day": "2027-01-01", "kind": "holiday", "name": "元旦"})
    assert CalendarDay.objects.filter(day="2027-01-01").exists()
    operations.post("/district/calendar/change", {"day": "2027-01-01", "to": "clear"})
    assert not CalendarDay.objects.filter(day="2027-01-01").exists()
    national_day = date(2026, 10, 1)
    assert not calendar.is_working(national_day, calendar.marks(national_day, national_day)[national_day])
    saturday = date(2026, 10, 10)
    assert calendar.is_working(saturday, calendar.marks(saturday, saturday)[saturday])


def test_a_years_days_come_from_a_file_and_a_wrong_line_stops_it_all(alpha: str) -> None:
    calendar.seed(actor=SYNC)
    operations, where = desk_of(Role.OPERATIONS), "/district/calendar/import"
    wrong = "日期,种类,名称\n2027-01-01,放假,元旦\n2027-02-30,放假,春节\n2027-02-06,度假,春节\n"
    page = text_of(operations.post(where, {"text": wrong}))
    assert "第 3 行" in page
    assert "第 4 行" in page
    told = "日期,种类,名称\r\n2027/1/1,放假,元旦\r\n2027-02-06,调休上班,春节\r\n2026-10-01,放假,国庆节\r\n"
    sent = SimpleUploadedFile("2027.csv", told.encode("gb18030"), content_type="text/csv")
    preview = text_of(operations.post(where, {"file": sent}))
    assert "元旦 放假" in preview
    assert "2026-02-17" in preview, "a named year is told whole: what is not in the file goes"
    assert not CalendarDay.objects.filter(day__year=2027).exists()
    lines = "2027-01-01,holiday,元旦\n2027-02-06,workday,春节\n"
    assert "已导入 2 天" in text_of(operations.post(where, {"to": "apply", "text": lines}, follow=True))
    assert list(CalendarDay.objects.filter(day__year=2027).values_list("kind", "is_confirmed")) == [
        ("holiday", True),
        ("workday", True),
    ]
    assert CalendarDay.objects.filter(day__year=2026).count() > 30
    sheet = operations.get("/district/calendar.csv", {"year": "2027"}).content.decode("utf-8-sig")
    assert sheet.splitlines() == ["day,kind,name", *lines.splitlines()]
    assert desk_of(Role.REVIEWER).post(where, {"to": "apply", "text": lines}).status_code == 403
