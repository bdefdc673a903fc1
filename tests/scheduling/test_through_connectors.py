"""Schedules come from a running HIS: pushed within a second, or asked for while somebody looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from hub import clock, redis
from hub.actor import system_actor
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital, region
from hub.work import work
from regional_services.catalog import selectors as catalog
from tenants.scheduling import looking, steps
from tenants.scheduling.models import Number, NumberState, Session
from tests.harness.outside import Board
from tests.scheduling.conftest import Counterparts

RESIDENT = system_actor("test")


def _until(condition: Callable[[], bool], seconds: float) -> float:
    """Drive deliveries until it is so; how long it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            pytest.fail(f"not within {seconds} s")
        drain()
        time.sleep(0.05)
    return time.monotonic() - begun


def _free_in_catalogue(code: str) -> int:
    with region(read_only=True):
        return sum(card.free for card in catalog.departments_of(code))


def _sessions(code: str) -> int:
    with hospital(code, read_only=True):
        return Session.objects.count()


def test_a_pushed_change_reaches_the_catalogue_within_seconds(his: Counterparts, alpha: str) -> None:
    """First the whole schedule by push, then a number sold at the window, then a stopped session with its holder."""
    _until(lambda: _sessions(alpha) > 0 and his.pushing.facts()["numbers"]["free"] == _free(alpha), 30)
    _until(lambda: _free_in_catalogue(alpha) == _bookable(alpha), 30)
    before = _free_in_catalogue(alpha)
    sold = _sell(his.pushing, alpha)
    assert _until(lambda: _free_in_catalogue(alpha) == before - 1, 10) < 10
    with hospital(alpha, read_only=True):
        number = Number.objects.get(his_code=sold["number_code"], session__his_code=sold["schedule_code"])
        assert number.state == NumberState.WITHDRAWN
        session = Session.objects.exclude(his_code=sold["schedule_code"]).filter(
            numbers__state="free", numbers__start__gt=number.changed_at
        )[0]
    holder = uuid4()
    with work(alpha, actor=RESIDENT) as unit:
        steps.claim_any(unit, session_id=session.id, holder=holder)
        unit.audit("test.claimed", target=f"session:{session.id}")
    his.pushing.act("stop_session", schedule_code=session.his_code, reason="医生外出")
    _until(lambda: _state(alpha, session.his_code) == "stopped", 10)
    with hospital(alpha, read_only=True):
        assert not Number.objects.filter(session_id=session.id, state=NumberState.FREE).exists()
        assert Number.objects.get(holder=holder).is_stopped


def test_a_polled_hospital_is_asked_while_somebody_looks(his: Counterparts, beta: str, client: Client) -> None:
    """The first schedules by asking; a look asks again, and the age starts anew."""
    _until(lambda: _sessions(beta) > 0 and _free_in_catalogue(beta) == _bookable(beta), 30)
    sold = _sell(his.polled, beta)
    with hospital(beta, read_only=True):
        session = Session.objects.get(his_code=sold["schedule_code"])
    before = _free_in_catalogue(beta)
    drain()
    assert _free_in_catalogue(beta) == before
    path = f"/api/resident/v1/sessions?department={session.department_id}&date={session.date}"
    assert client.get(path).status_code == 200
    _until(lambda: _free_in_catalogue(beta) == before - 1, 10)
    [shown] = [row for row in client.get(path).json()["items"] if row["id"] == str(session.id)]
    assert shown["age_seconds"] < 15


def test_a_look_that_waits_is_not_asked_for_again(his: Counterparts, beta: str) -> None:
    """The ten seconds count from the look that made us ask, once it has been carried out."""
    _until(lambda: _sessions(beta) > 0, 30)
    with hospital(beta, read_only=True):
        session = Session.objects.filter(date__gt=clock.today())[0]
    looked = (beta, session.department_id, session.date)
    assert looking.note_look(*looked)
    key = looking._name(*looked)
    assert redis.client().pttl(key) > looking.LOOK_EVERY * 1000, "it waits, whatever the time"
    assert not looking.note_look(*looked)
    drain()
    assert 0 < redis.client().pttl(key) <= looking.LOOK_EVERY * 1000
    nowhere = (beta, uuid4(), session.date)
    assert not looking.note_look(*nowhere)
    assert 0 < redis.client().pttl(looking._name(*nowhere)) <= looking.LOOK_EVERY * 1000, "nothing waits"


def _free(code: str) -> int:
    with hospital(code, read_only=True):
        return Number.objects.filter(state=NumberState.FREE).count()


def _bookable(code: str) -> int:
    with hospital(code, read_only=True):
        return Number.objects.filter(state=NumberState.FREE, start__gt=clock.now()).count()


def _sell(board: Board, code: str) -> dict[str, Any]:
    """The window sells a number of a later day, which residents could book."""
    with hospital(code, read_only=True):
        number = Number.objects.select_related("session").filter(state="free", session__date__gt=clock.today())[0]
    return board.act("window_sale", schedule_code=number.session.his_code, number_code=number.his_code)


def _state(code: str, his_code: str) -> str:
    with hospital(code, read_only=True):
        return Session.objects.get(his_code=his_code).state
