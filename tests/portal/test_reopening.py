"""A session stopped in the workspace takes place after all: who lost his number is asked first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from institution_connectors.contracts.values import Stop
from regional_services.booking.errors import QueueFirst
from regional_services.catalog import projection
from regional_services.waitlist import offering, services
from regional_services.waitlist.models import Entry, State
from tenants.scheduling import services as scheduling
from tenants.scheduling.models import Number, Session
from tests.booking import world
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import audited, booked, state_of
from tests.scheduling.builders import SYNC, TOMORROW, numbers, schedule, snapshot


def test_numbers_come_back_and_those_who_lost_theirs_are_asked_first(alpha: str, beta: str) -> None:
    first, who = booked(alpha)
    second_person, other = world.resident(), world.resident()
    second = world.book(alpha, first.session_id, second_person)
    drain(outside=False)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    here = f"/workspace/sessions/{first.session_id}"
    assert "没有在平台停诊的号" in text_of(manager.get(f"{here}/reopen"))
    seen = f"{first.id},{second.id}"
    manager.post(f"{here}/stop", {"reason": "医生突发疾病", "seen": seen})
    assert "停诊还在办理" in text_of(manager.get(f"{here}/reopen"))
    drain(outside=False)
    assert (state_of(first.id), state_of(second.id)) == ("stopped", "stopped")
    assert f"{here}/reopen" in text_of(manager.get(here))
    page = text_of(manager.get(f"{here}/reopen"))
    assert "将恢复 4 个号" in page
    assert "停诊时取消的 2 个预约" in page
    assert manager.post(f"{here}/reopen", {"reason": ""}).status_code == 409
    done = manager.post(f"{here}/reopen", {"reason": "医生已返岗"}, follow=True)
    assert "正在恢复" in text_of(done)
    assert world.free_numbers(alpha, first.session_id) == [], "nothing is free before they stand in line"
    drain(outside=False)
    projection.refresh(alpha)
    with hospital(alpha, read_only=True):
        assert Session.objects.get(id=first.session_id).state == "open"
        assert set(Number.objects.values_list("state", "is_stopped", "stopped_here")) == {("free", False, False)}
    with pytest.raises(QueueFirst):
        world.book(alpha, first.session_id, other)
    assert offering.sweep() == 2
    line = list(Entry.objects.order_by("id").values_list("person_id", "state", "instead_of"))
    assert line == [(who.person_id, State.OFFERED, first.id), (second_person.person_id, State.OFFERED, second.id)]
    assert "恢复出诊，为您留了" in " ".join(message.text for message in world.messages_of(who))
    accepted = services.accept(actor=who.actor, entry_id=Entry.objects.earliest("id").id)
    drain(outside=False)
    assert state_of(accepted.id) == "booked"
    drain(outside=False)
    assert world.book(alpha, first.session_id, other).state in {"new", "booked"}, "the rest is anybody's"
    assert audited(alpha, "scheduling.session_reopened")[0]["reason"] == "医生已返岗"
    assert desk_of(Role.RECEPTION, hospital=alpha).post(f"{here}/reopen", {"reason": "x"}).status_code == 403
    world.register_institution(beta)
    stranger = desk_of(Role.HOSPITAL_MANAGER, hospital=beta)
    assert stranger.post(f"{here}/reopen", {"reason": "x"}).status_code == 404


def test_what_its_own_system_stopped_only_that_system_sets_going_again(alpha: str) -> None:
    booking, _ = booked(alpha)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    here = f"/workspace/sessions/{booking.session_id}"
    manager.post(f"{here}/stop", {"reason": "停", "seen": str(booking.id)})
    drain(outside=False)
    scheduling.stop_session(alpha, Stop(schedule_code="S1", day=TOMORROW, reason="医院停诊"), actor=SYNC)
    assert manager.post(f"{here}/reopen", {"reason": "恢复"}).status_code == 409
    assert f"{here}/reopen" not in text_of(manager.get(here))
    with clock.shifted(timedelta(minutes=1)):
        scheduling.apply_snapshot(alpha, snapshot((schedule("S1", fee_fen=0),), numbers(4)), actor=SYNC)
    assert len(world.free_numbers(alpha, booking.session_id)) == 4
