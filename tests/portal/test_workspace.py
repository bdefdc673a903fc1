"""The hospital's workspace through its pages: find, act for a person, plan, and who may not."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hub.ids import domain_number, spoken
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from regional_services.booking.models import Booking
from regional_services.identity.models import Person
from tenants.appointments.models import Appointment
from tenants.scheduling import services as scheduling
from tenants.scheduling.models import Number
from tests.booking import world
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import archive_of, audited, booked, state_of, tomorrow
from tests.scheduling.builders import SYNC, TOMORROW, numbers, schedule, session_id, snapshot


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.mark.parametrize("by", ["booking", "spoken", "hub", "document", "name", "tail", "sign_in", "sign_in_tail"])
def test_search_finds_by_every_key_and_shows_masked_values_only(alpha: str, by: str) -> None:
    booking, who = booked(alpha, phone="+8613912345678" if by.startswith("sign_in") else "")
    archive = archive_of(alpha, who)
    assert archive.phone == ""
    typed = {
        "booking": booking.number,
        "spoken": spoken(booking.number).lower().replace("0", "o"),
        "sign_in": "139 1234 5678".replace(" ", ""),
        "sign_in_tail": "5678",
        "hub": domain_number("R", booking.id),
        "document": archive.document_number,
        "name": archive.name,
        "tail": archive.document_number[-4:],
    }[by]
    desk = desk_of(Role.RECEPTION, hospital=alpha)
    answer = desk.post("/workspace/appointments/search", {"q": typed}, follow=True)
    page = text_of(answer)
    assert f"/workspace/appointments/{booking.id}" in page or str(booking.id) in answer.redirect_chain[-1][0]
    assert archive.document_number not in page
    assert archive.name not in page
    assert typed not in answer.redirect_chain[-1][0] or by in ("booking", "hub", "spoken")


def test_a_search_that_finds_nothing_says_what_to_do(alpha: str) -> None:
    booked(alpha)
    page = text_of(
        desk_of(Role.RECEPTION, hospital=alpha).post("/workspace/appointments/search", {"q": "不存在"}, follow=True)
    )
    assert "没有找到" in page
    assert "手机号" in page


def test_looking_changing_and_exporting_are_found_in_the_audit(alpha: str) -> None:
    booking, _ = booked(alpha)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    assert manager.get(f"/workspace/appointments/{booking.id}").status_code == 200
    exported = manager.post("/workspace/appointments/export")
    manager.post(f"/workspace/appointments/{booking.id}/cancel", {"reason": "患者来电要求取消"})
    lines = exported.content.decode("utf-8-sig").splitlines()
    assert lines[0].endswith("导出人,导出时间")
    assert [domain_number("B", booking.id) in line and "张伟" in line for line in lines[1:]] == [True]
    auditor = desk_of(Role.AUDIT_ADMIN, hospital=alpha)
    for action, target in (
        ("appointment.opened", f"appointment:{booking.id}"),
        ("appointment.exported", f"hospital:{alpha}"),
        ("appointment.desk_cancel_asked", f"appointment:{booking.id}"),
    ):
        page = text_of(auditor.get("/workspace/audit", {"action": action, "actor": "张伟"}))
        assert target in page
        assert (f">{spoken(booking.number)}<" in page) == target.startswith("appointment")
        assert f'href="/workspace/appointments/{booking.id}"' not in page, "no way where his roles don't lead"
    assert "没有符合条件的记录" in text_of(
        auditor.get("/workspace/audit", {"action": "appointment.opened", "actor": "李四"})
    )


def test_the_desk_cancels_for_the_patient_and_the_history_says_who(alpha: str) -> None:
    booking, _ = booked(alpha)
    desk = desk_of(Role.RECEPTION, hospital=alpha)
    asked = text_of(desk.get(f"/workspace/appointments/{booking.id}/cancel"))
    assert "不能恢复" in asked
    refused = desk.post(f"/workspace/appointments/{booking.id}/cancel", {"reason": ""}, follow=True)
    assert "请填写取消原因" in text_of(refused)
    done = desk.post(f"/workspace/appointments/{booking.id}/cancel", {"reason": "患者到院要求取消"}, follow=True)
    assert "已代患者提交取消" in text_of(done)
    drain(outside=False)
    assert state_of(booking.id) == "cancelling"
    page = text_of(desk.get(f"/workspace/appointments/{booking.id}"))
    assert "申请取消" in page
    assert "患者到院要求取消" in page


def test_check_in_is_for_the_day_only(alpha: str) -> None:
    booking, _ = booked(alpha)
    here = f"/workspace/appointments/{booking.id}"
    too_early = desk_of(Role.RECEPTION, hospital=alpha).post(f"{here}/check-in", follow=True)
    assert "只有当天" in text_of(too_early)
    with tomorrow():
        desk = desk_of(Role.CASHIER, hospital=alpha)
        assert "签到</button>" in text_of(desk.get(here))
        assert "已签到。" in text_of(desk.post(f"{here}/check-in", follow=True))
    with hospital(alpha, read_only=True):
        assert Appointment.objects.get(id=booking.id).present_at is not None
    assert [entry["target"] for entry in audited(alpha, "appointment.present")] == [f"appointment:{booking.id}"]


def test_the_slip_and_the_printable_list(alpha: str) -> None:
    booking, who = booked(alpha)
    desk = desk_of(Role.RECEPTION, hospital=alpha)
    slip = text_of(desk.get(f"/workspace/appointments/{booking.id}/slip"))
    assert spoken(booking.number) in slip
    assert archive_of(alpha, who).name not in slip
    printed = desk.get(f"/workspace/lists/{booking.visit_date.isoformat()}")
    assert printed.status_code == 200
    assert archive_of(alpha, who).name in text_of(printed)
    assert len(audited(alpha, "appointment.list_printed")) >= 1
    assert desk_of(Role.DOCTOR, hospital=alpha).get(f"/workspace/lists/{booking.visit_date}").status_code == 403


def test_the_desk_books_for_somebody_it_knows(alpha: str) -> None:
    first, who = booked(alpha)
    day = TOMORROW + timedelta(days=1)
    told = snapshot((schedule("S2", day=day, fee_fen=5000),), numbers(3, "S2", day=day))
    scheduling.apply_snapshot(alpha, told, actor=SYNC)
    drain(outside=False)
    session, archive = session_id(alpha, "S2"), archive_of(alpha, who)
    desk = desk_of(Role.RECEPTION, hospital=alpha)
    person = desk.post("/workspace/scan", {"q": archive.document_number})["Location"]
    assert person == f"/workspace/people/{archive.id}"
    assert f"/workspace/appointments/{first.id}" in text_of(desk.get(person))
    page = f"/workspace/book/{session}?person={archive.id}"
    assert page in text_of(desk.get("/workspace/book", {"person": str(archive.id)})).replace("&amp;", "&")
    number = world.free_numbers(alpha, session)[0]
    asked = desk.post(page, {"number": str(number.id), "form_key": "a" * 32})
    assert "正在占号" in text_of(desk.get(asked["Location"]))
    drain(outside=False)
    made = Booking.objects.get(session_id=session)
    assert (made.state, made.person_id, made.account_id) == ("booked", who.person_id, who.actor.id)
    assert "已约好" in text_of(desk.get(asked["Location"]))
    again = desk.post(page, {"number": str(world.free_numbers(alpha, session)[0].id), "form_key": "d" * 32})
    drain(outside=False)
    refused = text_of(desk.get(again["Location"]))
    assert "没有约上" in refused
    assert "预约已达上限" in refused
    assert world.free_numbers(alpha, session)[0].sequence == 2


def test_the_desk_books_for_a_newcomer_by_document(alpha: str) -> None:
    session = world.open_for_booking(alpha, 3, fee_fen=5000)
    desk = desk_of(Role.RECEPTION, hospital=alpha)
    assert "本院没有这个号码" in text_of(desk.post("/workspace/scan", {"q": "310101195001011232"}, follow=True))
    number = world.free_numbers(alpha, session)[0]
    form = {"number": str(number.id), "name": "王秀英", "document_type": "01", "document_number": "310101195001011231"}
    wrong = desk.post(f"/workspace/book/{session}", {**form, "form_key": "b" * 32})
    assert wrong.status_code == 422
    assert "证件" in text_of(wrong)
    right = {**form, "document_number": _valid("31010119500101123"), "form_key": "c" * 32}
    asked = desk.post(f"/workspace/book/{session}", right)
    assert asked.status_code == 302, text_of(asked)
    assert desk.post(f"/workspace/book/{session}", right)["Location"] == asked["Location"]
    drain(outside=False)
    booking = Booking.objects.get()
    assert (booking.state, booking.settlement, booking.pay_on_day) == ("booked", "unpaid", True)
    assert Person.objects.get(id=booking.person_id).name == "王秀英"
    page = text_of(desk.get(asked["Location"]))
    assert "已约好" in page
    found = desk.post("/workspace/scan", {"q": right["document_number"]})
    assert found["Location"].startswith("/workspace/people/")
    assert "现在要办的" in text_of(desk.get(found["Location"]))


def _valid(first_17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first_17 + "10X98765432"[sum(int(d) * w for d, w in zip(first_17, weights, strict=True)) % 11]


@pytest.mark.requirement("WX-ADMIN-13")
def test_a_week_a_session_an_extra_number_and_stopping(alpha: str) -> None:
    booking, who = booked(alpha)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    here = f"/workspace/sessions/{booking.session_id}"
    assert here in text_of(manager.get("/workspace/schedule"))
    page = text_of(manager.get(here))
    assert str(booking.id) in page
    assert archive_of(alpha, who).name not in page
    long = manager.post(f"{here}/numbers", {"start": "11:30", "minutes": "45", "reason": "专家加号"}, follow=True)
    assert "不得超过30分钟" in text_of(long)
    extra = manager.post(f"{here}/numbers", {"start": "11:30", "minutes": "15", "reason": "专家加号"}, follow=True)
    assert "已加号" in text_of(extra)
    with hospital(alpha, read_only=True):
        assert Number.objects.filter(is_extra=True).count() == 1
    assert "将取消 1 个人的预约" in text_of(manager.get(f"{here}/stop"))
    stale = manager.post(f"{here}/stop", {"reason": "医生外出", "seen": ""})
    assert stale.status_code == 409
    assert state_of(booking.id) == "booked"
    manager.post(f"{here}/stop", {"reason": "医生外出", "seen": str(booking.id)})
    drain(outside=False)
    assert state_of(booking.id) == "stopped"
    assert world.free_numbers(alpha, booking.session_id) == []
    assert "医生外出" in " ".join(message.text for message in world.messages_of(who))


PAGES = {
    "/workspace/appointments": Role.RECEPTION,
    "/workspace/schedule": Role.RECEPTION,
    "/workspace/messages": Role.HOSPITAL_IT,
    "/workspace/inbound": Role.HOSPITAL_IT,
    "/workspace/dead": Role.HOSPITAL_IT,
    "/workspace/night": Role.HOSPITAL_IT,
    "/workspace/directory": Role.RECEPTION,
    "/workspace/staff": Role.SECURITY_ADMIN,
    "/workspace/audit": Role.AUDIT_ADMIN,
}


def test_each_role_sees_its_pages_and_no_others(alpha: str) -> None:
    world.register_institution(alpha)
    desks = {role: desk_of(role, hospital=alpha) for role in set(PAGES.values())}
    for role, desk in desks.items():
        bar = text_of(desk.get("/workspace/", follow=True))
        for path, owner in PAGES.items():
            answer = desk.get(path)
            seen = answer.status_code == 200
            assert seen or answer.status_code == 403, (role, path)
            if owner is role:
                assert seen, (role, path)
            if not seen:
                assert "联系本单位安全管理员" in text_of(answer)
                assert f'href="{path}"' not in bar
    assert desks[Role.AUDIT_ADMIN].get("/workspace/appointments").status_code == 403
    assert desks[Role.RECEPTION].get("/workspace/audit").status_code == 403


def test_somebody_from_another_hospital_finds_and_changes_nothing(alpha: str, beta: str) -> None:
    booking, who = booked(alpha)
    world.register_institution(beta)
    archive = archive_of(alpha, who)
    stranger = desk_of(Role.RECEPTION, Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT, hospital=beta)
    appointment = f"/workspace/appointments/{booking.id}"
    for path in (
        appointment,
        f"{appointment}/slip",
        f"{appointment}/cancel",
        f"/workspace/people/{archive.id}",
        f"/workspace/sessions/{booking.session_id}",
        f"/workspace/sessions/{booking.session_id}/stop",
        f"/workspace/requests/{booking.id}",
        f"/workspace/inbound/{uuid.uuid4()}",
    ):
        assert stranger.get(path).status_code == 404, path
    for typed in (booking.number, archive.document_number, archive.name):
        page = text_of(stranger.post("/workspace/scan", {"q": typed}, follow=True))
        assert str(booking.id) not in page
        assert "本院没有这个号码" in page
    stranger.post(f"{appointment}/cancel", {"reason": "改了"})
    stranger.post(f"{appointment}/check-in")
    stranger.post(
        f"/workspace/sessions/{booking.session_id}/numbers", {"start": "11:30", "minutes": "9", "reason": "x"}
    )
    drain(outside=False)
    assert state_of(booking.id) == "booked"
    intruder = Client(SERVER_NAME=f"{alpha}.localhost")
    intruder.cookies["sessionid"] = stranger.cookies["sessionid"].value
    assert intruder.get(appointment).status_code == 302
