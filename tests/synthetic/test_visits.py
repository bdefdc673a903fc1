"""The synthetic resident at real hospitals: it books, is registered, cancels, and nobody else ever notices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connections
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from hub import clock, synthetic
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden
from hub.ids import uuid7
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.scope import hospital, region
from regional_services.booking import figures
from regional_services.booking import selectors as bookings
from regional_services.booking.errors import SessionClosed
from regional_services.booking.models import Booking, State
from regional_services.catalog.models import CatalogDepartment, CatalogSession
from regional_services.notifications.models import Message
from regional_services.statistics import services as statistics
from regional_services.statistics.models import DayFigure
from regional_services.synthetic import runner, selectors, services, visit
from regional_services.synthetic.models import Service, SyntheticState
from regional_services.synthetic.visit import Resident
from tenants.scheduling import selectors as scheduling
from tests.booking import world
from tests.portal.conftest import Site

NOBODY = Actor(kind=ActorKind.STAFF, id=uuid7(), name="审核员", permissions=permissions_of([Role.REVIEWER]))
OPERATOR = Actor(kind=ActorKind.STAFF, id=uuid7(), name="运营", permissions=permissions_of([Role.OPERATIONS]))


@pytest.fixture
def ready(site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The synthetic resident knows its hospitals, looks often and is patient for some seconds only."""
    monkeypatch.setattr(visit, "POLL_SECONDS", 0.1)
    settings.HUB_SYNTHETIC = {"origin": site.address, "seconds": 600, "threads": 2, "patience": 8}
    assert set(services.keep_up()) == {"alpha", "beta"}
    with region():
        SyntheticState.objects.update(due_at=clock.now())
    return site


def get(site: Site, path: str) -> Any:
    """What an ordinary resident's app is answered."""
    return httpx.get(f"{site.address}/api/resident/v1{path}", trust_env=False).json()


def test_it_books_is_registered_cancels_and_is_never_counted(ready: Site) -> None:
    assert sorted(services.claim_due(5)) == ["alpha", "beta"]
    assert services.claim_due(5) == []
    assert runner.visit_hospital("alpha")
    state, [run] = selectors.states()["alpha"], selectors.runs_of("alpha")
    assert (state.ok, state.failures, state.depth) == (True, 0, "full")
    assert [step.name for step in run.steps] == ["查排班", "查号", "占号", "医院登记", "取消", "号已放回"]
    with region(read_only=True):
        [booking] = Booking.objects.filter(account_id=synthetic.ACCOUNT)
        assert (booking.state, booking.his, Message.objects.count()) == (State.CANCELLED, "registered", 0)
    [registration] = ready.district.registrations("alpha", booking.id)
    assert registration["state"] == "cancelled"
    with hospital("alpha", read_only=True):
        assert next(row for row in scheduling.numbers_of(booking.session_id) if row.id == booking.number_id).is_free
    statistics.refresh(2)
    with region(read_only=True):
        assert not DayFigure.objects.exists()
    today = clock.today()
    assert (figures.figures_of_day(today).created, figures.counts_by_hour(today, today)) == (0, {})
    assert bookings.bookings_of_day("alpha", booking.visit_date) == []
    assert selectors.availability(today, today)["alpha", Service.BOOKING].share == 100
    assert REGISTRY.get_sample_value("hub_synthetic_up", {"hospital": "alpha"}) == 1


def test_what_is_reserved_is_seen_and_booked_by_nobody_else(ready: Site) -> None:
    with region(read_only=True):
        reserved = CatalogDepartment.every.get(institution_code="alpha", is_reserved=True)
        session = CatalogSession.every.filter(is_reserved=True, free__gt=0).first()
    assert session is not None
    assert "平台巡检" not in [row["name"] for row in get(ready, "/institutions/alpha/departments")["items"]]
    assert get(ready, f"/sessions?department={reserved.department_id}")["status"] == 404
    assert get(ready, f"/sessions/{session.session_id}/numbers")["status"] == 404
    assert get(ready, "/search?q=巡检")["departments"] == []
    page = httpx.get(f"{ready.address}/departments/{reserved.department_id}", trust_env=False)
    assert page.status_code == 404
    who = world.resident()
    number = world.free_numbers("alpha", session.session_id)[0]
    with pytest.raises(SessionClosed):
        world.book("alpha", session.session_id, who, number)


def test_where_nothing_is_reserved_a_number_is_locked_and_given_back(ready: Site) -> None:
    assert runner.visit_hospital("beta")
    state, [run] = selectors.states()["beta"], selectors.runs_of("beta")
    assert (state.ok, state.depth) == (True, "lock")
    assert [step.name for step in run.steps] == ["查排班", "查号", "占号", "取消", "号已放回"]
    with region(read_only=True):
        [booking] = Booking.objects.filter(account_id=synthetic.ACCOUNT)
        assert booking.state == State.CANCELLED
    assert ready.district.registrations("beta", booking.id) == []


def test_a_hospital_that_refuses_is_an_alarm_and_the_next_visit_clears_it(ready: Site) -> None:
    board = ready.district.his["alpha"]
    board.switch("reject", "refused", only=["register"])
    assert not runner.visit_hospital("alpha")
    state = selectors.states()["alpha"]
    assert (state.ok, state.failures) == (False, 1)
    assert state.words.startswith("巡检")
    with region(read_only=True):
        due = SyntheticState.objects.get(institution_code="alpha").due_at
    assert due - clock.now() <= services.AGAIN_AFTER
    assert REGISTRY.get_sample_value("hub_synthetic_up", {"hospital": "alpha"}) == 0
    assert len(selectors.failures_since("alpha", clock.now() - timedelta(hours=1))) == 1
    board.all_off()
    assert runner.visit_hospital("alpha")
    assert selectors.states()["alpha"].failures == 0


def test_what_a_crash_left_is_ended_by_the_next_visit(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """The process ends here."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Resident, "_cancel", die)
        with pytest.raises(Killed):
            runner.visit_hospital("alpha")
    with region(read_only=True):
        [left] = bookings.unfinished_of_person(synthetic.person_at("alpha"))
    assert left.state == State.BOOKED
    assert runner.visit_hospital("alpha")
    with region(read_only=True):
        assert {row.state for row in Booking.objects.filter(account_id=synthetic.ACCOUNT)} == {State.CANCELLED}
        assert bookings.unfinished_of_person(synthetic.person_at("alpha")) == []
    assert selectors.runs_of("alpha")[0].steps[0].name == "清理上次"


def test_a_paused_hospital_is_left_alone(ready: Site) -> None:
    with pytest.raises(Forbidden):
        services.pause(actor=NOBODY, code="alpha", reason="医院升级")
    services.pause(actor=OPERATOR, code="alpha", reason="医院升级")
    assert services.claim_due(5) == ["beta"]
    state = selectors.states()["alpha"]
    assert (state.paused_reason, state.paused_by) == ("医院升级", OPERATOR.name)
    services.resume(actor=OPERATOR, code="alpha")
    assert services.claim_due(5) == ["alpha"]
    connections.close_all()
