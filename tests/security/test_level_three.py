"""What a reviewer of level 3 looks for, at the pages of those who answer for it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import ProgrammingError, connections
from django.test import Client
from pytest_django.fixtures import Settings

from hub import clock
from hub.accounts.errors import CredentialsWrong, SecondFactorDue
from hub.actor import system_actor
from hub.audit.verify import verify
from hub.recovery import hospitals, records, selectors
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from tests.accounts.people import StaffMember, make_staff
from tests.booking import world
from tests.harness.anchors import forget_anchors
from tests.journal.test_audit import as_administrator
from tests.portal.desks import browser_of, desk_of, text_of
from tests.portal.workspace import archive_of, booked

ACTS = ("appointment.opened", "appointment.exported", "appointment.desk_cancel_asked")


@pytest.fixture(autouse=True)
def no_anchors() -> None:
    """No audit anchors of earlier tests."""
    forget_anchors()


@pytest.mark.requirement("JA-ADMIN-03")
def test_each_view_change_and_export_is_in_the_log_and_no_entry_can_be_altered(alpha: str) -> None:
    booking, _ = booked(alpha)
    manager, auditor = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha), desk_of(Role.AUDIT_ADMIN, hospital=alpha)
    here = f"/workspace/appointments/{booking.id}"
    manager.get(here)
    manager.post("/workspace/appointments/export")
    manager.post(f"{here}/cancel", {"reason": "患者来电要求取消"})
    today = f"{clock.local(clock.now()):%Y-%m-%d}"
    targets = (f"appointment:{booking.id}", f"hospital:{alpha}", f"appointment:{booking.id}")
    for action, target in zip(ACTS, targets, strict=True):
        page = text_of(auditor.get("/workspace/audit", {"action": action, "actor": "张伟"}))
        row = next(row for row in page.split("<tr>") if target in row)
        assert "张伟" in row
        assert today in row
    assert manager.get("/workspace/audit").status_code == 403, "who acts does not look after the log"
    for statement in ("UPDATE hospital_audit SET actor_name = '李四'", "DELETE FROM hospital_audit"):
        with pytest.raises(ProgrammingError, match="permission denied"), hospital(alpha):
            connections["hospital"].cursor().execute(statement)
    as_administrator("UPDATE hospital_audit SET actor_name = '李四' WHERE action = 'appointment.exported'")
    assert [finding.flaw for finding in verify(alpha).findings] == ["altered"], "and whoever owns the database is found"


@pytest.mark.control("8.1.5.2/55", "CES1-12/22")
def test_an_auditor_takes_a_marked_sheet_along_and_that_is_in_the_log_too(alpha: str) -> None:
    world.register_institution(alpha)
    auditor = desk_of(Role.AUDIT_ADMIN, hospital=alpha)
    auditor.get("/workspace/audit")
    auditor.get("/workspace/audit")
    sheet = auditor.get("/workspace/audit.csv?action=audit.")
    lines = list(csv.reader(io.StringIO(text_of(sheet).removeprefix("\ufeff"))))
    assert sheet.status_code == 200
    assert len(lines) >= 3
    assert all(line[11].startswith("E") and line[12] == "张伟" for line in lines[1:]), "every line says who took it"
    exported = text_of(auditor.get("/workspace/audit", {"action": "audit.exported"}))
    assert f"export:{lines[1][11]}" in exported
    assert desk_of(Role.HOSPITAL_MANAGER, hospital=alpha).get("/workspace/audit.csv").status_code == 403
    with clock.shifted(timedelta(minutes=6)):
        assert auditor.get("/workspace/audit.csv")["Location"].startswith("/desk/confirm")


@pytest.mark.requirement("JA-SEC-02")
def test_without_need_nothing_of_a_patient_is_seen_nor_by_changing_addresses(alpha: str, beta: str) -> None:
    booking, who = booked(alpha)
    world.register_institution(beta)
    archive = archive_of(alpha, who)
    addresses = (
        f"/workspace/appointments/{booking.id}",
        f"/workspace/people/{archive.id}",
        f"/workspace/lists/{booking.visit_date.isoformat()}",
        "/workspace/appointments",
    )
    neighbour = desk_of(Role.HOSPITAL_MANAGER, hospital=beta)
    strangers = {
        "another hospital": neighbour,
        "administrator": desk_of(Role.SYSTEM_ADMIN, hospital=alpha),
        "engineer": desk_of(Role.VENDOR, hospital=alpha),
    }
    for name, browser in strangers.items():
        for address in addresses:
            answer = browser.get(address)
            assert archive.name not in text_of(answer), (name, address)
            assert archive.document_number not in text_of(answer), (name, address)
    foreign = Client(SERVER_NAME=f"{alpha}.localhost")
    foreign.cookies["sessionid"] = neighbour.cookies["sessionid"].value
    assert [foreign.get(address).status_code for address in addresses] == [302] * len(addresses)
    desk = desk_of(Role.RECEPTION, hospital=alpha)
    page = text_of(desk.get(f"/workspace/people/{archive.id}"))
    assert archive.document_number not in page, "masked also for who needs it"
    auditor = desk_of(Role.AUDIT_ADMIN, hospital=alpha)
    looked = text_of(auditor.get("/workspace/audit", {"action": "patients.opened"}))
    assert str(archive.id) in looked, "and every viewing is in the log"


@pytest.mark.requirement("WX-SEC-01")
def test_a_reviewer_finds_all_eight_measures_at_work(alpha: str, settings: Settings, client: Client) -> None:
    booked(alpha)
    clerk = make_staff("clerk", hospital=alpha, roles=(Role.RECEPTION,))
    _identity_and_failures(clerk)
    browser = browser_of(make_staff("clerk.b", hospital=alpha, roles=(Role.RECEPTION,)))
    assert browser.get("/workspace/appointments").status_code == 200
    assert browser.get("/workspace/staff").status_code == 403, "access control"
    with clock.shifted(timedelta(minutes=31)):
        assert browser.get("/workspace/appointments").status_code == 302, "session timeout"
    auditor = desk_of(Role.AUDIT_ADMIN)
    assert "accounts.locked" in text_of(auditor.get("/district/audit", {"action": "accounts.locked"})), "audit log"
    settings.SECURE_COOKIES = settings.SESSION_COOKIE_SECURE = True
    settings.PUBLIC_ORIGIN = "https://hub.example.org"
    encrypted = client.get("/signin", secure=True)
    assert "max-age" in encrypted["Strict-Transport-Security"], "encrypted transport"
    as_administrator("UPDATE hospital_audit SET outcome = 'refused' WHERE id = (SELECT min(id) FROM hospital_audit)")
    assert [finding.flaw for finding in verify(alpha).findings] == ["altered"], "integrity"
    backup = hospitals.backup_hospital(alpha, actor=system_actor("运维 王工"))
    assert records.read_back(backup, actor=system_actor("运维 王工")) > 0
    system = desk_of(Role.SYSTEM_ADMIN)
    assert "已回读，待确认" in text_of(system.get("/district/recovery")) or selectors.backups(limit=1)[0].verified_at
    system.post(f"/district/recovery/backups/{backup}/confirm")
    assert selectors.backups(limit=1)[0].confirmed_by == "张伟", "backup, read back and stood for"


def _identity_and_failures(member: StaffMember) -> None:
    """Two factors each time; five failures lock even the right password out."""
    accepted = member.password_step()
    assert not accepted.needs_enrolment
    member.sign_in()
    for _ in range(5):
        with pytest.raises((CredentialsWrong, SecondFactorDue)):
            member.password_step("wrong-Password-1")
    with pytest.raises(CredentialsWrong):
        member.password_step()
