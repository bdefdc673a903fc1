"""Contracts from a file: each line accepted, or refused by field; noted whole or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hub import clock
from hub.errors import Forbidden, InvalidInput
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from tenants.patients import contract_file, contracts
from tenants.patients.models import FamilyContract, PatientArchive
from tests.booking import world
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import archive_of, audited, booked
from tests.queueing.world import staff

IMPORT, LIST = "/workspace/referrals/contracts/import", "/workspace/referrals/contracts"


def _people(code: str, count: int) -> list[PatientArchive]:
    """Patients this hospital knows."""
    booking, first = booked(code)
    others = [world.resident() for _ in range(count - 1)]
    for one in others:
        world.book(code, booking.session_id, one)
    drain(outside=False)
    return [archive_of(code, who) for who in (first, *others)]


def _file(*lines: str, charset: str = "utf-8") -> bytes:
    return "\n".join(("姓名,证件号,签约医生,签约日期", *lines)).encode(charset)


def _sent(desk: Client, content: bytes) -> str:
    return text_of(desk.post(IMPORT, {"file": SimpleUploadedFile("list.csv", content, content_type="text/csv")}))


def _mark(page: str) -> str:
    return page.split('name="mark" value="')[1].split('"')[0]


def _living(code: str) -> dict[str, str]:
    with hospital(code, read_only=True):
        return {str(row.person_id): row.doctor_name for row in FamilyContract.objects.filter(ended_at__isnull=True)}


def test_a_preview_names_the_field_of_every_line_it_refuses(alpha: str, beta: str) -> None:
    one, two, three = _people(alpha, 3)
    reception = staff(alpha, Role.RECEPTION)
    contracts.sign(actor=reception, hospital=alpha, person_id=three.person_id, doctor_name="李敏")
    late = clock.today() + timedelta(days=1)
    content = _file(
        f"沈云,{one.document_number},王强,2026/3/1",
        f"沈云,{two.document_number.lower()},王强",
        f"沈芸,{two.document_number},王强",
        f",{two.document_number},王强",
        "沈云,,王强",
        f"沈云,{two.document_number},",
        f"沈云,{two.document_number},王强,去年",
        f"沈云,{two.document_number},王强,{late}",
        f"沈云,{one.document_number},赵红",
        f"沈云,{three.document_number},李敏",
        f"沈云,{three.document_number},王强",
        "沈云,310199199003070014,王强",
        charset="gb18030",
    )
    reading = contract_file.read(actor=reception, hospital=alpha, content=content)
    assert [(row.place, str(row.person_id)) for row in reading.accepted] == [
        (2, str(one.person_id)),
        (3, str(two.person_id)),
    ]
    assert [(row.place, row.field) for row in reading.refused] == [
        (4, "姓名"),
        (5, "姓名"),
        (6, "证件号"),
        (7, "签约医生"),
        (8, "签约日期"),
        (9, "签约日期"),
        (10, "证件号"),
        (11, "签约医生"),
        (12, "签约医生"),
        (13, "证件号"),
    ]
    assert set(_living(alpha)) == {str(three.person_id)}, "a preview notes nothing"
    stranger = contract_file.read(actor=staff(beta, Role.RECEPTION), hospital=beta, content=content)
    assert stranger.accepted == (), "another hospital's patients are nobody here"
    with pytest.raises(Forbidden):
        contract_file.read(actor=staff(alpha, Role.DOCTOR), hospital=alpha, content=content)
    for nothing in (b"", _file(), b"\xff\xfe\x80"):
        with pytest.raises(InvalidInput):
            contract_file.read(actor=reception, hospital=alpha, content=nothing)


def test_what_a_preview_accepted_is_noted_whole_or_not_at_all(alpha: str) -> None:
    one, two = _people(alpha, 2)
    desk = desk_of(Role.RECEPTION, hospital=alpha)
    content = _file(f"沈云,{one.document_number},王强,2026-03-01", f"沈云,{two.document_number},赵红")
    page = _sent(desk, content)
    assert "可以登记 2 份" in " ".join(page.split())
    assert one.document_number not in page
    assert "沈云" not in page
    contracts.sign(
        actor=staff(alpha, Role.RECEPTION), hospital=alpha, person_id=two.person_id, doctor_name="李敏"
    )  # at the next desk
    refused = text_of(desk.post(IMPORT, {"to": "apply", "mark": _mark(page)}))
    assert "一个也没有登记" in refused
    assert _living(alpha) == {str(two.person_id): "李敏"}

    page = _sent(desk, content)
    assert "已与李敏签约" in page
    done = {"to": "apply", "mark": _mark(page)}
    assert desk.post(IMPORT, done).headers["Location"] == LIST
    assert _living(alpha) == {str(one.person_id): "王强", str(two.person_id): "李敏"}
    assert "一个也没有登记" in text_of(desk.post(IMPORT, done)), "a mark is good once"
    shown = text_of(desk.get(LIST))
    assert (shown.count("沈*"), "2026" in shown or "3月1日" in shown) == (2, True)
    assert text_of(desk.get(f"{LIST}?q=王")).count("沈*") == 1
    [entry] = audited(alpha, "patients.contracts_imported")
    assert entry["detail"] == '{"count": 1}'
    assert desk_of(Role.DOCTOR, hospital=alpha).get(IMPORT).status_code == 403
