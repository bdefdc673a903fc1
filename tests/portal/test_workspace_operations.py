"""What the hospital's engineers, administrators and auditors do on its pages, and who may not."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.test import Client
from pytest_django import Settings

from hub import clock
from hub.accounts.models import AccountState, TotpDevice, User
from hub.journal.region import tasks as tasks_of_journal
from hub.journal.region.models import AuditCheck
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from institution_connectors.contracts import Direction, Inbound, PatientsMerged, Wire
from institution_connectors.exchange import inbound
from tenants.appointments import tasks
from tenants.appointments.models import DailyList
from tenants.scheduling.models import ConflictKind, SyncConflict
from tests.accounts.people import make_staff
from tests.booking import world
from tests.harness.anchors import forget_anchors
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import audited, booked


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def _sent(code: str, body: str) -> UUID:
    """A message of the hospital."""
    fact = PatientsMerged(occurred_at=clock.now(), kept_id="P1", merged_id="P2")
    message = Inbound(source="his", incarnation="1", message_id="M-1", kind="patients_merged", facts=(fact,))
    wire = Wire(direction=Direction.RECEIVED, at=clock.now(), body=body.encode(), content_type="application/json")
    return inbound.receive(code, message, wire).inbound_id


def test_what_the_hospital_sent_is_listed_searched_and_shown_masked(alpha: str, beta: str) -> None:
    world.register_institution(alpha)
    world.register_institution(beta)
    received = _sent(alpha, '{"name": "张小三", "cert_no": "310106199001011236"}')
    engineer = desk_of(Role.HOSPITAL_IT, hospital=alpha)
    assert "M-1" in text_of(engineer.get("/workspace/inbound"))
    assert "没有这样的来文" in text_of(engineer.get("/workspace/inbound", {"number": "M-2"}))
    page = text_of(engineer.get(f"/workspace/inbound/{received}"))
    assert "PatientsMerged" in page
    assert "张小三" not in page
    assert "310106199001011236" not in page
    stranger = desk_of(Role.HOSPITAL_IT, hospital=beta)
    assert stranger.get(f"/workspace/inbound/{received}").status_code == 404
    assert "M-1" not in text_of(stranger.get("/workspace/inbound"))


def test_what_the_his_disputes_waits_on_the_schedule_and_in_the_report(alpha: str) -> None:
    booked(alpha)
    with hospital(alpha):
        SyncConflict.objects.create(
            kind=ConflictKind.VANISHED, session_his_code="S1", detail="第1号", found_at=clock.now()
        )
    page = text_of(desk_of(Role.HOSPITAL_MANAGER, hospital=alpha).get("/workspace/schedule"))
    assert "已约号源在医院端消失" in page
    assert "请与医院信息科核对" in page
    assert "不一致的号源 1" in text_of(desk_of(Role.HOSPITAL_IT, hospital=alpha).get("/workspace/night"))


def test_the_list_of_six_o_clock_is_stored(alpha: str) -> None:
    booking, _ = booked(alpha)
    with clock.shifted(timedelta(days=1)):
        tasks.make_list(hospital=alpha)
    with hospital(alpha, read_only=True):
        stored = DailyList.objects.get()
    assert (stored.day, stored.rows) == (booking.visit_date, 1)
    printed = desk_of(Role.RECEPTION, hospital=alpha).get(f"/workspace/lists/{booking.visit_date}")
    assert "共 1 人" in text_of(printed)
    assert len(audited(alpha, "appointment.list_made")) == 1, "what was stored is read, nothing is made anew"


def test_an_account_is_unlocked_its_second_factor_cleared_and_at_last_stopped(alpha: str, beta: str) -> None:
    world.register_institution(alpha)
    world.register_institution(beta)
    member = make_staff("li.na", hospital=alpha)
    who = member.account.user_id
    User.objects.filter(id=who).update(locked_until=clock.now() + timedelta(minutes=20), failed_attempts=5)
    security = desk_of(Role.SECURITY_ADMIN, hospital=alpha)
    system = desk_of(Role.SYSTEM_ADMIN, hospital=alpha)
    for stranger in (desk_of(Role.SECURITY_ADMIN, hospital=beta), desk_of(Role.SYSTEM_ADMIN, hospital=beta)):
        for act in ("unlock", "totp", "disable", "roles/end"):
            stranger.post(f"/workspace/staff/{who}/{act}", {"role": "reception"})
        assert "li.na" not in text_of(stranger.get("/workspace/staff"))
    assert "锁定" in text_of(security.get("/workspace/staff", {"q": "li.na"}))
    assert "已解锁" in text_of(security.post(f"/workspace/staff/{who}/unlock", follow=True))
    assert TotpDevice.objects.filter(user_id=who).exists()
    assert "已清除动态码" in text_of(security.post(f"/workspace/staff/{who}/totp", follow=True))
    assert not TotpDevice.objects.filter(user_id=who).exists()
    assert "不能再登录" in text_of(system.get("/workspace/staff", {"q": "li.na"}))
    assert "账号已停用" in text_of(system.post(f"/workspace/staff/{who}/disable", follow=True))
    assert User.objects.get(id=who).state == AccountState.DISABLED
    assert "已收回角色" in text_of(
        security.post(f"/workspace/staff/{who}/roles/end", {"role": "reception"}, follow=True)
    )
    assert "li.na" not in text_of(security.get("/workspace/staff"))


NOTHING = uuid4()
ACTS = (
    (f"/workspace/appointments/{NOTHING}/cancel", Role.HOSPITAL_IT),
    (f"/workspace/appointments/{NOTHING}/check-in", Role.HOSPITAL_IT),
    ("/workspace/appointments/export", Role.RECEPTION),
    (f"/workspace/book/{NOTHING}", Role.HOSPITAL_MANAGER),
    (f"/workspace/sessions/{NOTHING}/numbers", Role.RECEPTION),
    (f"/workspace/sessions/{NOTHING}/stop", Role.RECEPTION),
    (f"/workspace/messages/{NOTHING}/rerun", Role.HOSPITAL_MANAGER),
    ("/workspace/probe", Role.HOSPITAL_MANAGER),
    ("/workspace/dead/1/replay", Role.HOSPITAL_MANAGER),
    ("/workspace/staff/new", Role.SECURITY_ADMIN),
    ("/workspace/staff/roles", Role.SYSTEM_ADMIN),
    (f"/workspace/staff/{NOTHING}/disable", Role.SECURITY_ADMIN),
    (f"/workspace/staff/{NOTHING}/unlock", Role.SYSTEM_ADMIN),
    (f"/workspace/staff/{NOTHING}/totp", Role.SYSTEM_ADMIN),
    ("/workspace/audit/verify", Role.SECURITY_ADMIN),
)


def test_no_act_is_done_by_a_role_that_lacks_it(alpha: str) -> None:
    world.register_institution(alpha)
    desks = {role: desk_of(role, hospital=alpha) for role in {role for _, role in ACTS}}
    nobody = Client(SERVER_NAME=f"{alpha}.localhost")
    for path, role in ACTS:
        answer = desks[role].post(path)
        assert answer.status_code == 403, path
        assert "联系本单位安全管理员" in text_of(answer), path
        assert nobody.post(path)["Location"].startswith("/desk/signin"), path


def test_the_audit_is_searched_by_time_and_thing(alpha: str) -> None:
    booking, _ = booked(alpha)
    auditor = desk_of(Role.AUDIT_ADMIN, hospital=alpha)
    today = f"{clock.today():%Y-%m-%d}"
    target = f"appointment:{booking.id}"
    found = text_of(auditor.get("/workspace/audit", {"target": target, "since": today, "until": today}))
    assert "appointment.held" in found
    assert "没有符合条件" in text_of(auditor.get("/workspace/audit", {"target": target, "until": "2020-01-01"}))
    pages = text_of(auditor.get("/workspace/audit", {"action": "audit.searched"}))
    assert "journal:alpha" in pages, "looking into the audit is in the audit"


def test_stopped_deliveries_are_tried_again_with_a_reason(alpha: str) -> None:
    booked(alpha)
    with hospital(alpha), connections["hospital"].cursor() as cursor:
        cursor.execute(
            "UPDATE hospital_outbox SET state = 'dead', finished_at = now(), last_error = 'Broken: drill'"
            " WHERE id = (SELECT max(id) FROM hospital_outbox) RETURNING id"
        )
        [(dead,)] = cursor.fetchall()
    engineer = desk_of(Role.HOSPITAL_IT, hospital=alpha)
    assert "Broken: drill" in text_of(engineer.get("/workspace/dead"))
    assert "停止的投递 1" in text_of(engineer.get("/workspace/night"))
    assert "请填写重新投递的原因" in text_of(
        engineer.post(f"/workspace/dead/{dead}/replay", {"reason": " "}, follow=True)
    )
    assert "已重新投递" in text_of(engineer.post(f"/workspace/dead/{dead}/replay", {"reason": "已修复"}, follow=True))
    assert "Broken: drill" not in text_of(engineer.get("/workspace/dead"))
    assert [entry["reason"] for entry in audited(alpha, "outbox.replayed")] == ["已修复"]
    gone = engineer.post(f"/workspace/dead/{dead}/replay", {"reason": "再来"}, follow=True)
    assert "可能已被处理" in text_of(gone)


def test_staff_are_made_given_roles_and_stopped_by_different_administrators(alpha: str) -> None:
    world.register_institution(alpha)
    system, security = desk_of(Role.SYSTEM_ADMIN, hospital=alpha), desk_of(Role.SECURITY_ADMIN, hospital=alpha)
    made = text_of(system.post("/workspace/staff/new", {"login_name": "li.na", "name": "李娜"}))
    assert "只显示这一次" in made
    assert system.post("/workspace/staff/roles", {"login_name": "li.na", "role": "reception"}).status_code == 403
    given = security.post("/workspace/staff/roles", {"login_name": "li.na", "role": "reception"}, follow=True)
    assert "已授予角色" in text_of(given)
    assert "李娜" in text_of(security.get("/workspace/staff", {"q": "李"}))
    both = security.post("/workspace/staff/roles", {"login_name": "li.na", "role": "audit_admin"}, follow=True)
    assert "互斥" in text_of(both) or "不能" in text_of(both)
    unknown = security.post("/workspace/staff/roles", {"login_name": "nobody", "role": "reception"}, follow=True)
    assert "没有这个登录名" in text_of(unknown)


def test_the_audit_is_verified_by_a_worker_and_seen_by_its_own_auditors(alpha: str, beta: str) -> None:
    forget_anchors()
    world.register_institution(beta)
    booked(alpha)
    auditor = desk_of(Role.AUDIT_ADMIN, hospital=alpha)
    good = _verified(auditor)
    assert "完好" in good
    assert [entry["actor"] for entry in audited(alpha, "audit.verified")] == ["审计校验"]
    with connections["owner"].cursor() as owner:
        owner.execute(f"UPDATE h_{alpha}.hospital_audit SET reason = 'nothing' WHERE action = 'appointment.held'")
    altered = _verified(auditor)
    assert "发现问题" in altered
    assert "记录被改动" in altered
    stranger = desk_of(Role.AUDIT_ADMIN, hospital=beta)
    check = str(AuditCheck.objects.latest("asked_at").id)
    assert stranger.get(f"/workspace/audit/checks/{check}").status_code == 404
    assert check not in text_of(stranger.get("/workspace/audit"))


def _verified(auditor: Client) -> str:
    """Asked for on the page, done by a worker, looked at again."""
    asked = auditor.post("/workspace/audit/verify")["Location"]
    assert "等待校验" in text_of(auditor.get(asked))
    tasks_of_journal.check_audit(asked.rsplit("/", 1)[-1])
    return text_of(auditor.get(asked))
