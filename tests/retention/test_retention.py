"""How long things are kept is an administrator's decision within the law, and every clean-up follows it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hub import clock, synthetic
from hub.audit.selectors import Search, entries_of
from hub.journal.region import keeping
from hub.outbox import housekeeping
from hub.outbox.relay import drain
from hub.recovery import cleanups
from hub.recovery.models import Cleanup
from hub.retention import services
from hub.retention.rules import declared
from hub.security.roles import Role
from hub.tenancy.scope import hospital, region
from regional_services.booking import services as bookings
from regional_services.booking import verify
from regional_services.booking.models import Booking, BookingStep, Reservation, State
from regional_services.leaving import keeping as leaving
from regional_services.synthetic import services as visits
from tenants.appointments.models import Appointment
from tests.booking import world
from tests.journal.probes import Knock, publish, states
from tests.portal.desks import desk_of, text_of

DELIVERED = "/district/retention/journal.delivered"


def set_days(browser: Client, days: int, reason: str = "档案局批复 12 号") -> Any:
    return browser.post(f"{DELIVERED}/change", {"days": str(days), "reason": reason})


@pytest.mark.control("CES1-14/25", "8.1.5.3/56")
def test_a_clean_up_follows_the_period_an_administrator_sets(alpha: str) -> None:
    security = desk_of(Role.SECURITY_ADMIN)
    publish(alpha, *(Knock(number=n) for n in range(3)))
    drain()
    assert set_days(security, 30).status_code == 302
    with clock.shifted(timedelta(days=20)):
        assert housekeeping.purge(alpha) == 0, "thirty days now, as delivered it were fourteen"
    security.post(f"{DELIVERED}/hold", {"to": "on", "reason": "诉讼保全 3 号"})
    with clock.shifted(timedelta(days=400)):
        assert housekeeping.purge(alpha) == 0, "under legal hold nothing goes"
    security.post(f"{DELIVERED}/hold", {"to": "off", "reason": "解除"})
    with clock.shifted(timedelta(days=31)):
        assert housekeeping.purge(alpha) == 3
    assert states(alpha) == {}
    page = text_of(security.get(DELIVERED))
    assert all(words in page for words in ("档案局批复 12 号", "诉讼保全 3 号", "解除", "保留 30 天"))
    changed = [entry for entry in entries_of("region", Search()) if entry.action == "retention.changed"]
    assert [entry.reason for entry in changed] == ["解除", "诉讼保全 3 号", "档案局批复 12 号"]


def test_law_and_promise_bound_it_and_only_one_role_sets_it(alpha: str) -> None:
    security, system = desk_of(Role.SECURITY_ADMIN), desk_of(Role.SYSTEM_ADMIN)
    for days in (6, 367):
        refused = set_days(security, days)
        assert refused.status_code == 422
        assert "应在 7 到 366 天之间" in text_of(refused)
    assert set_days(security, 10, "").status_code == 422
    assert set_days(system, 10).status_code == 403
    assert "设定期限" not in text_of(system.get(DELIVERED))
    assert desk_of(Role.OPERATIONS).get("/district/retention").status_code == 403
    neighbour = desk_of(Role.SECURITY_ADMIN, hospital=alpha)
    assert neighbour.get(DELIVERED).status_code in (403, 404)
    assert security.get("/district/retention/nothing.there").status_code == 404
    with clock.shifted(timedelta(minutes=6)):
        assert set_days(security, 10)["Location"].startswith("/desk/confirm"), "an old sign-in proves itself again"
    assert services.days(keeping.DELIVERED) == 14


def test_every_rule_stands_on_the_page_and_in_its_sheet(committed: None) -> None:
    security = desk_of(Role.SECURITY_ADMIN)
    page = text_of(security.get("/district/retention"))
    rows = list(csv.reader(io.StringIO(text_of(security.get("/district/retention.csv")).removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == list(declared())
    assert all(rule.title in page for rule in declared().values())
    assert "没有这样的规则" in text_of(security.get("/district/retention?q=不存在"))
    assert {one.kind for one in leaving.kept()} >= {"住院病历", "接口报文"}


@pytest.mark.control("CES1-14/25")
def test_no_clean_up_reaches_the_audit(alpha: str) -> None:
    """Ten years on the entries of today are there; PostgreSQL itself refuses their removal (tests/journal)."""
    publish(alpha, Knock(number=1))
    drain()
    before = {scope: len(entries_of(scope, Search(), limit=1000)) for scope in (alpha, "region")}
    with clock.shifted(timedelta(days=3660)):
        housekeeping.purge(alpha)
        housekeeping.purge("region")
    assert all(len(entries_of(scope, Search(), limit=1000)) >= count for scope, count in before.items())
    tables = {row.table for row in _put_aside()}
    assert tables
    assert not any("audit" in table for table in tables)


def _put_aside() -> list[Cleanup]:
    with region(read_only=True):
        return list(Cleanup.objects.all())


def test_ended_bookings_of_the_synthetic_resident_go_and_nobody_elses(alpha: str) -> None:
    session = world.open_for_booking(alpha, 4)
    people = [world.resident(), world.resident()]
    mine, other = (world.book(alpha, session, who) for who in people)
    drain(outside=False)
    for booking, who in zip((mine, other), people, strict=True):
        bookings.cancel_booking(actor=who.actor, booking_id=booking.id, reason="时间有变化")
    drain(outside=False)
    with region():
        Booking.objects.filter(id=mine.id).update(account_id=synthetic.ACCOUNT)
    with hospital(alpha):
        Appointment.objects.filter(id=mine.id).update(person_id=synthetic.person_at(alpha))
    assert visits.forget_bookings() == 0, "not yet"
    with clock.shifted(timedelta(days=8)):
        assert visits.forget_bookings() >= 3
        assert visits.forget_appointments(alpha) == 1
    with region(read_only=True):
        assert [row.id for row in Booking.objects.all()] == [other.id]
        assert Booking.objects.get().state == State.CANCELLED
        assert set(BookingStep.objects.values_list("booking_id", flat=True)) == {other.id}
        assert not Reservation.objects.filter(booking_id=mine.id).exists()
    with hospital(alpha, read_only=True):
        assert [row.id for row in Appointment.objects.all()] == [other.id]
    assert verify.verify_hospital(alpha) == []
    [rows] = [row for row in _put_aside() if row.table == "booking"]
    cleanups.restore(rows.id, actor=visits.ACTOR)
    with region(read_only=True):
        assert Booking.objects.count() == 2, "put aside before it went, and put back"
