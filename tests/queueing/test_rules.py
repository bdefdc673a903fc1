"""The hospital's choices: who calls, how people check in, how many places behind; and what people meet of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from hub import clock
from hub.journal.hospital.models import AuditRow
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from regional_services.booking import services as bookings
from regional_services.booking.arrival import Position
from regional_services.booking.errors import NotHere
from tenants.queueing import selectors, services, timekeeping
from tenants.queueing.rules import Caller, Rules, Way
from tests.booking import world
from tests.portal.desks import desk_of, text_of
from tests.queueing.world import Clinic, at_clinic, clinic, staff
from tests.security.matrix.examples import resident_browser

PAGE = "/workspace/queue-rules"
DOOR = Position(latitude=31.2, longitude=121.4, accuracy=20)


def allow(code: str, *ways: Way) -> None:
    """The hospital's ways to check in."""
    services.set_rules(
        actor=staff(code, Role.HOSPITAL_MANAGER),
        hospital=code,
        rules=replace(Rules(), ways=ways),
        effective_from=clock.now(),
    )


def _form(desk: Client, **changes: object) -> dict[str, object]:
    """What the page's form holds, as a browser would send it."""
    rules = desk.get(PAGE).context["typed"]
    return {**{name: rules.getlist(name) for name in rules}, **changes}


def test_the_manager_sets_the_rules_and_nobody_else_does(alpha: str, beta: str) -> None:
    """They hold at once and stand in the audit; wrong figures change nothing; who may only look is refused."""
    world.register_institution(alpha)
    world.register_institution(beta)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    stranger = desk_of(Role.HOSPITAL_MANAGER, hospital=beta)
    nurse = desk_of(Role.RECEPTION, hospital=alpha)
    wrong = manager.post(PAGE, _form(manager, missed_places="-1", answer_seconds="5"))
    assert wrong.status_code == 422
    assert text_of(wrong).count("之间的整数") == 2
    wish = _form(manager, caller="hospital", ways=["place"], missed_places="7", advance_elder_80="55")
    assert manager.post(PAGE, wish).status_code == 302
    assert nurse.post(PAGE, wish).status_code == 403
    assert "用院内叫号系统" in text_of(nurse.get(PAGE))
    assert stranger.get(PAGE).context["rules"] == Rules()
    with hospital(alpha, read_only=True):
        rules = selectors.current_rules(clock.now())
        said = AuditRow.objects.filter(action="queueing.rules_set")
        assert said.count() == 1
    assert (rules.caller, rules.ways, rules.missed_places) == (Caller.HOSPITAL, (Way.PLACE,), 7)
    with hospital(beta, read_only=True):
        assert selectors.current_rules(clock.now()) == Rules()


PROVES_NOTHING = (
    (None, "核实位置"),  # the person did not allow it
    (replace(DOOR, latitude=31.25), "您距医院5.6公里"),
    (replace(DOOR, accuracy=2500.0), "定位误差约2.5公里，不能确认"),  # the phone does not know
    (replace(DOOR, latitude=31.2055, accuracy=300), "不能确认"),  # at the edge
)


def test_a_place_that_proves_nothing_is_refused_in_words(alpha: str) -> None:
    """And nobody counts as present by it."""
    day = clinic(alpha, 1)
    with at_clinic(8):
        allow(alpha, Way.PLACE)
        timekeeping.enter_day(alpha)
        for position, words in PROVES_NOTHING:
            with pytest.raises(NotHere) as refused:
                bookings.check_in(actor=day.people[0].actor, booking_id=day.bookings[0], position=position)
            assert words in refused.value.text
        assert day.entry(0).present_at is None


def test_at_the_door_he_is_in_and_the_page_alone_may_ask_where(alpha: str) -> None:
    """By page and by API; a hospital that allows no phone says so; the position is kept nowhere."""
    day = clinic(alpha, 2)
    with at_clinic(8):
        allow(alpha, Way.PLACE)
        timekeeping.enter_day(alpha)
        phone = resident_browser(day.people[0])
        page = f"/bookings/{day.bookings[0]}"
        shown = phone.get(page)
        assert "定位并签到" in text_of(shown)
        assert "geolocation=(self)" in shown.headers["Permissions-Policy"]
        assert "geolocation=()" in phone.get("/bookings").headers["Permissions-Policy"]
        phone.post(f"{page}/check-in", {"latitude": "31.2001", "longitude": "121.4", "accuracy": "15"})
        drain(outside=False)
        assert day.entry(0).present_at is not None
        assert not _kept(day, "31.2001")
        allow(alpha)
        other = resident_browser(day.people[1])
        assert "本院不开放手机签到" in text_of(other.get(f"/bookings/{day.bookings[1]}"))
        with pytest.raises(NotHere):
            bookings.check_in(actor=day.people[1].actor, booking_id=day.bookings[1], position=DOOR)


def _kept(day: Clinic, figure: str) -> bool:
    with hospital(day.code, read_only=True):
        return any(figure in str(row.detail) for row in AuditRow.objects.all())
