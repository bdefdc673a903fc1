"""Data scope over every page of the workspace: what is excluded is nowhere, as soon as the administrator says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.urls import URLPattern

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from portal.hospital.urls import urlpatterns
from regional_services.booking.selectors import BookingView
from tenants.directory.models import Department
from tenants.patients.models import PatientArchive
from tenants.scheduling.models import Session
from tests.accounts.people import StaffMember, make_staff
from tests.booking import world
from tests.portal.desks import browser_of, desk_of, text_of
from tests.portal.workspace import audited, booked

EVERYTHING = (Role.RECEPTION, Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT, Role.DOCTOR, Role.CASHIER)


def _values(booking: BookingView, archive: PatientArchive) -> dict[str, object]:
    """What each placeholder of a route names: the excluded record, wherever one can be named."""
    return {
        "booking_id": booking.id,
        "request_id": booking.id,
        "session_id": booking.session_id,
        "archive_id": archive.id,
        "department_id": booking.department_id,
        "day": booking.visit_date.isoformat(),
        "outbox_id": 1,
    }


def _addresses(booking: BookingView, archive: PatientArchive) -> Iterator[str]:
    known = _values(booking, archive)
    for entry in urlpatterns:
        assert isinstance(entry, URLPattern)
        path = str(entry.pattern)
        for name in entry.pattern.converters:
            path = re.sub(rf"<\w+:{name}>", str(known.get(name, uuid4())), path)
        yield f"/workspace/{path}"


@pytest.fixture
def member(alpha: str) -> StaffMember:
    return make_staff("narrow", hospital=alpha, roles=EVERYTHING)


def _narrow(alpha: str, member: StaffMember, departments: list[UUID], **fields: object) -> None:
    security = desk_of(Role.SECURITY_ADMIN, hospital=alpha, login_name=f"s{uuid4().hex[:12]}")
    form = {"all": "", "department": [str(one) for one in departments], **fields}
    answer = security.post(f"/workspace/staff/{member.account.user_id}/scope", form, follow=True)
    assert "已设定数据范围" in text_of(answer)


def _other_department(alpha: str, booking: BookingView) -> UUID:
    with hospital(alpha, read_only=True):
        return Department.objects.exclude(id=booking.department_id).values_list("id", flat=True)[0]


@pytest.mark.control("CES1-10/16")
@pytest.mark.requirement("JA-ADMIN-02")
def test_narrowing_removes_the_excluded_from_every_page_at_once(alpha: str, member: StaffMember) -> None:
    booking, who = booked(alpha)
    with hospital(alpha, read_only=True):
        archive = PatientArchive.objects.get(person_id=who.person_id)
    browser = browser_of(member)
    appointment = f"/workspace/appointments/{booking.id}"
    day = {"day": booking.visit_date.isoformat()}
    assert appointment in text_of(browser.get("/workspace/", day)), "seen before"
    assert browser.get(appointment).status_code == 200
    _narrow(alpha, member, [_other_department(alpha, booking)])
    marks = (str(booking.id), booking.number, str(archive.id), str(booking.session_id), "心血管内科", "沈*云", "沈明远")
    walked = 0
    for address in _addresses(booking, archive):
        for answer in (browser.get(address, day), browser.post(address, {"q": booking.number, "reason": "r"})):
            walked += 1
            assert answer.status_code < 500, address
            if answer.status_code == 200:
                page = text_of(answer)
                assert not [mark for mark in marks if mark in page.replace(address, "")], address
    assert walked > 80
    export = browser.post("/workspace/appointments/export")
    assert booking.number not in export.content.decode()
    for typed in (booking.number, archive.document_number, archive.name):
        page = text_of(browser.post("/workspace/scan", {"q": typed}, follow=True))
        assert str(booking.id) not in page
        assert str(archive.id) not in page
    with hospital(alpha, read_only=True):
        assert Session.objects.get().state == "open", "no act reached what is excluded"
    drain(outside=False)


def test_a_scope_can_be_widened_again_and_nobody_sets_his_own(alpha: str, beta: str, member: StaffMember) -> None:
    booking, _ = booked(alpha)
    world.register_institution(beta)
    browser = browser_of(member)
    _narrow(alpha, member, [_other_department(alpha, booking)])
    assert browser.get(f"/workspace/appointments/{booking.id}").status_code == 404
    assert browser.get("/workspace/messages").status_code == 403
    _narrow(alpha, member, [booking.department_id])
    assert browser.get(f"/workspace/appointments/{booking.id}").status_code == 200
    security = desk_of(Role.SECURITY_ADMIN, hospital=alpha, login_name="sec2")
    security.post(f"/workspace/staff/{member.account.user_id}/scope", {"all": "yes"})
    assert browser.get("/workspace/messages").status_code == 200
    assert browser.post(f"/workspace/staff/{member.account.user_id}/scope", {"all": "yes"}).status_code == 403
    stranger = desk_of(Role.SECURITY_ADMIN, hospital=beta)
    assert stranger.get(f"/workspace/staff/{member.account.user_id}/scope").status_code == 404


@pytest.mark.requirement("WX-ADMIN-14")
def test_a_departments_own_people_change_its_data_and_no_others(alpha: str, member: StaffMember) -> None:
    booking, _ = booked(alpha)
    other = _other_department(alpha, booking)
    _narrow(alpha, member, [booking.department_id])
    browser, form = (
        browser_of(member),
        {"own_intro": "本科简介", "notice": "请带病历本。", "sensitivity": "", "service": "outpatient"},
    )
    kept = browser.post(f"/workspace/facts/departments/{booking.department_id}", form, follow=True)
    assert "居民马上看到" in text_of(kept)
    assert browser.post(f"/workspace/facts/departments/{other}", form).status_code == 404
    with hospital(alpha, read_only=True):
        notices = dict(Department.objects.values_list("id", "notice"))
    assert (notices[booking.department_id], notices[other]) == ("请带病历本。", "")


@pytest.mark.control("CES1-10/16")
def test_hidden_fields_are_on_no_page_masked_or_not(alpha: str, member: StaffMember) -> None:
    booking, who = booked(alpha, fee_fen=5000)
    browser = browser_of(member)
    _narrow(alpha, member, [booking.department_id], hidden=["document", "fee"])
    with hospital(alpha, read_only=True):
        archive = PatientArchive.objects.get(person_id=who.person_id)
    for address in ("/workspace/appointments", f"/workspace/appointments/{booking.id}"):
        page = text_of(browser.get(address, {"since": clock.today().isoformat()}))
        assert "不在数据范围内" in page
        assert archive.document_number[-4:] not in page
        assert "¥50.00" not in page
    assert archive.document_number[-4:] not in browser.post("/workspace/appointments/export").content.decode()
    assert audited(alpha, "appointment.exported")
