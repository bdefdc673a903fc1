"""Unusual looks raise flags, floods raise alarms, emergencies have a reason and an end; the administrator is told."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hub import clock, redis
from hub.accounts import services as accounts
from hub.accounts.models import User
from hub.actor import system_actor
from hub.errors import Forbidden
from hub.ids import uuid7
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import region
from hub.vigilance import services
from hub.vigilance.models import Flag, FlagKind
from tests.accounts.people import make_staff
from tests.booking.world import register_institution
from tests.portal.desks import browser_of, desk_of, text_of
from tests.portal.workspace import archive_of, audited, booked

SEED = system_actor("seed")


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def _kinds() -> list[str]:
    with region(read_only=True):
        return sorted(Flag.objects.values_list("kind", flat=True))


def _named(login_name: str, name: str, role: Role, hospital: str) -> Client:
    member = make_staff(login_name, hospital=hospital, roles=(role,))
    User.objects.filter(id=member.account.user_id).update(display_name=name)
    return browser_of(member)


@pytest.mark.control("CES1-22/34", "CES1-35/49")
@pytest.mark.parametrize(
    ("reader", "colleague", "kind"), [("沈云", "张伟", "own_record"), ("李娜", "沈云", "colleague")]
)
def test_ones_own_and_a_colleagues_record_are_told(alpha: str, reader: str, colleague: str, kind: str) -> None:
    """The patient is called 沈云; the same look again on the same day raises nothing new."""
    _, who = booked(alpha)
    _named("colleague", colleague, Role.DOCTOR, alpha)
    browser = _named("reader", reader, Role.RECEPTION, alpha)
    for _ in range(2):
        assert browser.get(f"/workspace/people/{archive_of(alpha, who).id}").status_code == 200
    drain(outside=False)
    assert _kinds() == [kind]
    security = desk_of(Role.SECURITY_ADMIN, hospital=alpha)
    page = text_of(security.get("/desk/flags"))
    assert FlagKind(kind).label in page
    assert "沈云" in page if kind == "own_record" else "李娜" in page
    with region(read_only=True):
        flag = Flag.objects.get()
    assert "请写明" in text_of(security.post(f"/desk/flags/{flag.id}", {"note": " "}, follow=True))
    assert "已记录" in text_of(security.post(f"/desk/flags/{flag.id}", {"note": "核实为同名患者"}, follow=True))
    assert "没有需要处理" in text_of(security.get("/desk/flags"))
    assert "核实为同名患者" in text_of(security.get("/desk/flags?all=1"))


def test_a_protected_persons_record_is_told_and_others_are_not(alpha: str, beta: str) -> None:
    _, who = booked(alpha)
    register_institution(beta)
    archive = archive_of(alpha, who).id
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    clerk = desk_of(Role.RECEPTION, hospital=alpha)
    clerk.get(f"/workspace/people/{archive}")
    drain(outside=False)
    assert _kinds() == []
    here = f"/workspace/people/{archive}/protect"
    assert "已列为重点保护" in text_of(manager.post(here, {"reason": "市领导"}, follow=True))
    assert clerk.post(here, {"reason": "x"}).status_code == 403
    clerk.get(f"/workspace/people/{archive}")
    drain(outside=False)
    assert set(_kinds()) == {"protected"}
    assert "没有需要处理" in text_of(desk_of(Role.SECURITY_ADMIN, hospital=beta).get("/desk/flags"))
    assert desk_of(Role.SYSTEM_ADMIN, hospital=alpha).get("/desk/flags").status_code == 403


@pytest.mark.control("CES1-22/34")
def test_many_refusals_and_many_misses_are_an_alarm(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short = services.Limit(5, timedelta(minutes=5))
    monkeypatch.setitem(services.LIMITS, FlagKind.REFUSALS, short)
    monkeypatch.setitem(services.LIMITS, FlagKind.PROBING, short)
    booked(alpha)
    clerk = desk_of(Role.RECEPTION, hospital=alpha)
    for _ in range(5):
        clerk.get("/workspace/audit")
        clerk.get(f"/workspace/appointments/{uuid7()}")
    assert _kinds() == []
    clerk.get("/workspace/audit")
    clerk.get(f"/workspace/appointments/{uuid7()}")
    clerk.get("/workspace/audit")
    assert _kinds() == ["probing", "refusals"]
    assert "超过 5 次" in text_of(desk_of(Role.SECURITY_ADMIN, hospital=alpha).get("/desk/flags"))


@pytest.mark.control("CES1-22/34")
def test_reading_very_many_records_is_an_alarm(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(services.LIMITS, FlagKind.MASS_READ, services.Limit(3, timedelta(minutes=10)))
    _, who = booked(alpha)
    clerk, archive = desk_of(Role.RECEPTION, hospital=alpha), archive_of(alpha, who).id
    for _ in range(4):
        clerk.get(f"/workspace/people/{archive}")
    drain(outside=False)
    assert _kinds() == ["mass_read"]


@pytest.mark.control("MLPS/19")
def test_the_glass_is_broken_for_a_reason_and_half_an_hour(alpha: str) -> None:
    _, who = booked(alpha)
    here = f"/workspace/people/{archive_of(alpha, who).id}"
    doctor = desk_of(Role.DOCTOR, hospital=alpha)
    assert doctor.get(here).status_code == 403
    assert doctor.post("/desk/emergency", {"reason": "急"}).status_code == 422
    assert doctor.get(here).status_code == 403
    assert doctor.post("/desk/emergency", {"reason": "昏迷患者需核对身份"}).status_code == 302
    assert doctor.get(here).status_code == 200
    told = text_of(desk_of(Role.SECURITY_ADMIN, hospital=alpha).get("/desk/flags"))
    assert "紧急查看" in told
    assert "昏迷患者需核对身份" in told
    auditor = desk_of(Role.AUDIT_ADMIN, hospital=alpha)
    assert re.search("break_glass", text_of(auditor.get("/workspace/audit", {"action": "patients.opened"})))
    assert audited(alpha, "patients.opened")
    redis.client().delete(*redis.client().keys("*emergency*"))  # its time is over
    assert doctor.get(here).status_code == 403


def test_only_who_treats_may_break_the_glass_and_nobody_else(alpha: str) -> None:
    for role in (Role.RECEPTION, Role.HOSPITAL_IT, Role.SECURITY_ADMIN):
        assert desk_of(role, hospital=alpha).get("/desk/emergency").status_code == 403


@pytest.mark.control("CES1-07/13")
def test_a_vendors_engineer_has_a_short_account_sees_masked_and_is_recorded(alpha: str) -> None:
    engineer = make_staff("vendor", hospital=alpha, roles=(Role.HOSPITAL_IT,))
    accounts.end_role(actor=SEED, user_id=engineer.account.user_id, institution_code=alpha, role=Role.HOSPITAL_IT)
    for until in (None, clock.now() + timedelta(days=31)):
        User.objects.filter(id=engineer.account.user_id).update(expires_at=until)
        with pytest.raises(Forbidden, match="30 天"):
            accounts.grant_role(actor=SEED, user_id=engineer.account.user_id, institution_code=alpha, role=Role.VENDOR)
    User.objects.filter(id=engineer.account.user_id).update(expires_at=clock.now() + timedelta(days=2))
    accounts.grant_role(actor=SEED, user_id=engineer.account.user_id, institution_code=alpha, role=Role.VENDOR)
    booked(alpha)
    browser = browser_of(engineer)
    assert browser.get("/workspace/messages").status_code == 200
    assert browser.get("/workspace/appointments").status_code == 403
    assert browser.post("/session/sealed-key", "{}", content_type="application/json").status_code in (400, 403)
    with clock.shifted(timedelta(days=3)):
        assert browser.get("/workspace/messages").status_code == 302
