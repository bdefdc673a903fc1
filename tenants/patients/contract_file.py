"""Contracts with family doctors from a file: `name,document,doctor[,day]` a line, shown in full before one is noted.

Only people this hospital knows can be signed. What a preview accepted is kept by ids; it is noted whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.documents import tables
from hub.errors import InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import hospital_alias
from hub.work import work
from tenants.patients import contracts, selectors
from tenants.patients.contracts import DOCTOR_LONGEST, ContractView
from tenants.patients.errors import PreviewOld
from tenants.patients.models import FamilyContract
from tenants.patients.permissions import CONTRACT
from tenants.patients.selectors import PatientView

MOST_BYTES = 256 << 10
MOST_LINES = 1000
NAME, DOCUMENT, DOCTOR, DAY = COLUMNS = ("姓名", "证件号", "签约医生", "签约日期")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A contract that would be noted; `day` is None where the file does not say."""

    place: int
    person_id: UUID
    name: str
    doctor_name: str
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A line that would not, with the field that is wrong. `place` counts lines of the file from 1."""

    place: int
    name: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file would do."""

    accepted: tuple[Signing, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    place: int
    name: str
    document: str
    doctor: str
    day: str


def read(*, actor: Actor, hospital: str, content: bytes) -> Reading:
    """Every line of a CSV file, accepted or refused by field; nothing is noted. InvalidInput for no such file.

    Two queries, and the entry that says who looked up how many people.
    """
    require(actor, CONTRACT)
    lines = [_line(place, cells) for place, cells in tables.rows(content, headings=(NAME, "name"))]
    if not lines:
        raise InvalidInput(gettext("文件里没有签约。每行应为：姓名,证件号,签约医生,签约日期（可以不写）。"))
    if len(content) > MOST_BYTES or len(lines) > MOST_LINES:
        raise InvalidInput(gettext("一次最多导入 %(most)s 行，请分成几个文件。") % {"most": MOST_LINES})
    accepted: list[Signing] = []
    refused: list[Refused] = []
    with work(hospital, actor=actor) as unit:
        known = selectors.by_documents(hospital, {line.document for line in lines if line.document})
        signed = contracts.contracts_of([patient.person_id for patient in known.values()])
        seen: set[UUID] = set()
        for line in lines:
            patient = known.get(line.document)
            problem = _problem(line)
            if not problem[0]:
                problem = _mismatch(line, patient, signed, seen)
            if patient is None or problem[0]:
                field, reason = problem
                refused.append(Refused(place=line.place, name=line.name, field=field, reason=reason))
                continue
            seen.add(patient.person_id)
            day = tables.day_of(line.day) if line.day else None
            accepted.append(
                Signing(
                    place=line.place,
                    person_id=patient.person_id,
                    name=patient.name,
                    doctor_name=line.doctor,
                    day=day,
                )
            )
        detail = {"lines": len(lines), "known": len(known), "accepted": len(accepted)}
        unit.audit("patients.contracts_read", target=f"hospital:{hospital}", detail=detail)
    return Reading(tuple(accepted), tuple(refused))


def bring_in(*, actor: Actor, hospital: str, signings: list[Signing]) -> int:
    """Note what a preview accepted, all in one transaction; how many.

    PreviewOld if one of them has signed since, or nothing is known of the preview."""
    require(actor, CONTRACT)
    if not signings:
        raise PreviewOld
    with work(hospital, actor=actor) as unit:
        rows = [
            FamilyContract(
                person_id=one.person_id,
                doctor_name=one.doctor_name,
                signed_at=clock.at(one.day, clock.MIDNIGHT) if one.day else unit.now,
                signed_by=actor.name[:DOCTOR_LONGEST],
            )
            for one in signings
        ]
        try:
            with transaction.atomic(using=hospital_alias()):
                FamilyContract.objects.bulk_create(rows)
        except IntegrityError as problem:
            raise PreviewOld from problem
        unit.audit("patients.contracts_imported", target=f"hospital:{hospital}", detail={"count": len(rows)})
    return len(rows)


def _line(place: int, cells: list[str]) -> _Line:
    name, document, doctor, day = (*cells, "", "", "", "")[: len(COLUMNS)]
    return _Line(place=place, name=name, document=document.upper().removeprefix("'"), doctor=doctor, day=day)


def _problem(line: _Line) -> tuple[str, str]:
    """What is wrong with a line by itself: field and reason; empty if nothing is."""
    if not line.name:
        return NAME, gettext("没有填写。")
    if not line.document:
        return DOCUMENT, gettext("没有填写。")
    if not 0 < len(line.doctor) <= DOCTOR_LONGEST:
        return DOCTOR, gettext("没有填写，或超过 %(most)s 字。") % {"most": DOCTOR_LONGEST}
    if line.day:
        try:
            day = tables.day_of(line.day)
        except ValueError:
            return DAY, gettext("“%(given)s”不是日期，请写成 2027-01-01。") % {"given": line.day[:20]}
        if day > clock.today():
            return DAY, gettext("不能晚于今天。")
    return "", ""


def _mismatch(
    line: _Line, patient: PatientView | None, signed: dict[UUID, ContractView], seen: set[UUID]
) -> tuple[str, str]:
    """What does not agree with whom this hospital knows."""
    if patient is None:
        return DOCUMENT, gettext("本院没有这个证件号的患者。患者在本院挂号或建档后再登记。")
    if patient.name != line.name:
        return NAME, gettext("与本院档案里的姓名不一致。")
    if patient.person_id in seen:
        return DOCUMENT, gettext("在文件里出现了两次，以第一行为准。")
    standing = signed.get(patient.person_id)
    if standing is None:
        return "", ""
    if standing.doctor_name == line.doctor:
        return DOCTOR, gettext("已登记与这位医生签约，不用再登记。")
    return DOCTOR, gettext("已与%(doctor)s签约。要换医生，请先在患者页解约。") % {"doctor": standing.doctor_name}
