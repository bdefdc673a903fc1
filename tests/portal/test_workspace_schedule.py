"""排班与号源 on its pages: rules, partial stops, substitutes, and what a hospital may not decide here."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from regional_services.booking import changes
from regional_services.catalog import projection
from tenants.appointments.models import Appointment
from tenants.scheduling.models import Session
from tests.booking import world
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import booked, state_of


def test_a_rule_made_on_the_page_closes_the_residents_day_until_its_hour(alpha: str, client: Client) -> None:
    booking, _ = booked(alpha)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    form = {"valid_from": clock.today().isoformat(), "days_ahead": "0", "hour": "07:00", "window_share": "50"}
    assert "已生效，1 个排班" in text_of(manager.post("/workspace/releases", form, follow=True))
    refused = manager.post("/workspace/releases", {**form, "window_share": "120"})
    assert refused.status_code == 422
    drain(outside=False)
    projection.refresh(alpha)
    session = f"/hospitals/{alpha}/sessions/{booking.session_id}"
    page = text_of(client.get(session))
    assert "明天 07:00 放号" in page
    assert "待放号" in page
    day = f"/hospitals/{alpha}/departments/{booking.department_id}?day={booking.visit_date}"
    assert "明天 07:00 放号" in text_of(client.get(day))
    assert "放号" in text_of(manager.get("/workspace/schedule"))
    with clock.shifted(
        timedelta(days=1) - (clock.now() - clock.at(clock.today(), clock.MIDNIGHT)) + timedelta(hours=7)
    ):
        assert "待放号" not in text_of(client.get(session))
    receptionist = desk_of(Role.RECEPTION, hospital=alpha)
    assert receptionist.post("/workspace/releases", form).status_code == 403


def test_a_doctor_who_leaves_in_the_middle_leaves_three_kinds_of_people(alpha: str) -> None:
    waiting, waiter = booked(alpha)
    away, absent = world.resident(), world.resident()
    later = world.book(alpha, waiting.session_id, away, world.free_numbers(alpha, waiting.session_id)[-1])
    seen = world.book(alpha, waiting.session_id, absent)
    drain(outside=False)
    with hospital(alpha):
        Appointment.objects.filter(id=waiting.id).update(present_at=clock.now())
        Appointment.objects.filter(id=seen.id).update(state="fulfilled")
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    here = f"/workspace/sessions/{waiting.session_id}/stop"
    form = {"part": "part", "from_time": "08:15", "reason": "医生 08:15 离开"}
    page = text_of(manager.get(here, form))
    assert "将取消 1 个人的预约" in page
    assert "已到院等候：号保留" in page
    stale = manager.post(here, {**form, "seen": ""})
    assert stale.status_code == 409
    assert state_of(later.id) == "booked"
    done = manager.post(here, {**form, "seen": ",".join(str(one.id) for one in (waiting, later, seen))}, follow=True)
    assert "已停诊" in text_of(done)
    drain(outside=False)
    assert state_of(later.id) == "stopped"
    assert state_of(waiting.id) == "booked"
    assert "请到分诊台" in " ".join(message.text for message in world.messages_of(waiter))
    assert world.free_numbers(alpha, waiting.session_id) == []


def test_a_substitute_is_previewed_and_asked_of_everybody(alpha: str) -> None:
    booking, who = booked(alpha, fee_fen=5000)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    here = f"/workspace/sessions/{booking.session_id}/alter"
    with hospital(alpha, read_only=True):
        post = Session.objects.values_list("department_id", flat=True).get()
    assert post
    form = {"fee": "20", "start": "08:30", "room": "305", "reason": "医生会诊"}
    assert "1 个人会收到通知" in text_of(manager.get(here, form))
    assert manager.post(here, {**form, "seen": ""}).status_code == 409
    manager.post(here, {**form, "seen": str(booking.id)})
    drain(outside=False)
    change = changes.open_change(booking.id)
    assert change is not None
    assert clock.local(change.starts_at).strftime("%H:%M") == "08:30"
    assert change.place.endswith("305")
    assert "有调整" in " ".join(message.text for message in world.messages_of(who))
    assert "08:30" in text_of(manager.get(f"/workspace/appointments/{booking.id}"))
    receptionist = desk_of(Role.RECEPTION, hospital=alpha)
    assert receptionist.post(here, form).status_code == 403


def test_where_the_his_owns_the_schedule_the_page_says_so_and_refuses(alpha: str) -> None:
    session = world.open_for_booking(alpha, 2, his_locked=True)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    page = text_of(manager.get(f"/workspace/sessions/{session}"))
    assert "由医院系统分配" in page
    assert f"/workspace/sessions/{session}/alter" not in page
    assert manager.get(f"/workspace/sessions/{session}/alter").status_code == 409
    shared = {"valid_from": clock.today().isoformat(), "days_ahead": "1", "hour": "07:00", "window_share": "10"}
    assert "不能再分份额" in text_of(manager.post("/workspace/releases", shared))
    extra = manager.post(
        f"/workspace/sessions/{session}/numbers", {"start": "11:30", "minutes": "15", "reason": "加"}, follow=True
    )
    assert "请在医院系统中办理" in text_of(extra)
