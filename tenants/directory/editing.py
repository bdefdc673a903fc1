"""Facts of the hospital that are the hub's own, changed by its people; what its own system says is never touched here.

Each change is audited and kept beside it in words, so that a page can show who changed what from what to what.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub import clock
from hub.actor import Actor
from hub.errors import Conflict, InvalidInput, NotFound
from hub.security.permissions import require
from hub.work import Unit, work
from tenants.directory.events import DirectoryChanged
from tenants.directory.models import (
    CodeMapping,
    Department,
    Doctor,
    FactChange,
    HospitalText,
    MappingKind,
    Sensitivity,
    Service,
)
from tenants.directory.permissions import EDIT, MAP

BOOKING_TEXT, VISIT_TEXT = "booking", "visit"
TEXTS = {BOOKING_TEXT: "预约须知", VISIT_TEXT: "就诊须知"}
FIELDS = {
    "own_intro": "本院编写的介绍",
    "notice": "预约与就诊须知",
    "sensitivity": "敏感标记",
    "service": "服务类型",
    "text": "内容",
    "mapping": "代码对照",
    "photo": "照片",
}


class MappingTaken(Conflict):
    """The code means something else on that day already."""

    code = "directory.mapping_taken"
    text = "这个代码在该日期已有对照，请先看现有的一条。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """One change as pages show it."""

    title: str
    field: str
    before: str
    after: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingView:
    """What a code means, from when to when; `name` is empty where nothing of ours has the id any more."""

    id: int
    kind: str
    his_generation: int
    his_code: str
    hub_id: UUID
    name: str
    valid_from: date
    valid_to: date | None


def edit_department(
    *, actor: Actor, hospital: str, department_id: UUID, own_intro: str, notice: str, sensitivity: str, service: str
) -> int:
    """Change what the hub owns of a department; how many facts changed. NotFound for a stranger's."""
    require(actor, EDIT)
    if len(notice) > 300:
        raise InvalidInput("须知不超过 300 字。")
    if sensitivity not in Sensitivity.values or service not in Service.values:
        raise InvalidInput("请选择列出的敏感标记和服务类型。")
    with work(hospital, actor=actor) as unit:
        row = Department.objects.select_for_update().filter(pk=department_id).first()
        if row is None or not actor.sees(department_id):
            raise NotFound
        wanted = {
            "own_intro": own_intro.strip(),
            "notice": notice.strip(),
            "sensitivity": sensitivity,
            "service": service,
        }
        return _change(unit, row, f"department:{row.id}", row.name, wanted)


def edit_doctor(*, actor: Actor, hospital: str, doctor_id: UUID, own_intro: str) -> int:
    """The same of a doctor's post."""
    require(actor, EDIT)
    with work(hospital, actor=actor) as unit:
        row = Doctor.objects.select_for_update().filter(pk=doctor_id).first()
        if row is None or not actor.sees(row.department_id):
            raise NotFound
        return _change(unit, row, f"doctor:{row.id}", row.name, {"own_intro": own_intro.strip()})


def edit_text(*, actor: Actor, hospital: str, key: str, text: str) -> int:
    """Change a text of the whole hospital to residents."""
    require(actor, EDIT)
    if key not in TEXTS or len(text) > 500:
        raise InvalidInput("内容不超过 500 字。")
    with work(hospital, actor=actor) as unit:
        row, _made = HospitalText.objects.select_for_update().get_or_create(key=key)
        return _change(unit, row, f"text:{key}", TEXTS[key], {"text": text.strip()})


def _change(
    unit: Unit, row: Department | Doctor | HospitalText, target: str, title: str, wanted: dict[str, str]
) -> int:
    changed = {name: (getattr(row, name), value) for name, value in wanted.items() if getattr(row, name) != value}
    for name, (_before, after) in changed.items():
        setattr(row, name, after)
    if changed:
        row.save(update_fields=list(changed))
        FactChange.objects.bulk_create(
            [
                FactChange(
                    target=target,
                    title=title,
                    field=name,
                    before=before,
                    after=after,
                    by=unit.actor.name[:60],
                    at=unit.now,
                )
                for name, (before, after) in changed.items()
            ]
        )
        unit.publish(DirectoryChanged(hospital=unit.scope))
    unit.audit("directory.edited", target=target, detail={"fields": sorted(changed)})
    return len(changed)


def texts() -> dict[str, str]:
    """The hospital's own texts, inside its scope. One query."""
    return dict(HospitalText.objects.values_list("key", "text"))


def notices(department_id: UUID) -> list[str]:
    """What residents read before they book in this department, the hospital's first. Two queries."""
    own = Department.objects.filter(pk=department_id).values_list("notice", flat=True).first()
    return [words for words in (texts().get(BOOKING_TEXT, ""), own or "") if words]


def visit_notices(department_id: UUID) -> list[str]:
    """What residents read of the visit. Two queries."""
    own = Department.objects.filter(pk=department_id).values_list("notice", flat=True).first()
    return [words for words in (texts().get(VISIT_TEXT, ""), own or "") if words]


def changes(target: str = "", *, limit: int = 50) -> list[ChangeView]:
    """The last changes, of one thing or of all, newest first. One query."""
    rows = FactChange.objects.order_by("-id")
    return [
        ChangeView(
            title=row.title,
            field=FIELDS.get(row.field, row.field),
            before=row.before,
            after=row.after,
            by=row.by,
            at=row.at,
        )
        for row in (rows.filter(target=target) if target else rows)[:limit]
    ]


def mappings(*, kind: str = "", text: str = "", after: int = 0, limit: int = 50) -> list[MappingView]:
    """Codes and what they mean, in order of making, a page behind `after`. Three queries."""
    rows = CodeMapping.objects.filter(id__gt=after).order_by("id")
    if kind:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(his_code=text)
    names: dict[UUID, str] = dict(Department.objects.values_list("id", "name"))
    names |= dict(Doctor.objects.values_list("practitioner_id", "name"))
    return [
        MappingView(
            id=row.id,
            kind=MappingKind(row.kind).label,
            his_generation=row.his_generation,
            his_code=row.his_code,
            hub_id=row.hub_id,
            name=names.get(row.hub_id, ""),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in rows[:limit]
    ]


def set_mapping(
    *, actor: Actor, hospital: str, kind: str, his_code: str, hub_id: UUID, valid_from: date, generation: int
) -> None:
    """From `valid_from` on a code of the HIS means this; what it meant before ends there (practice 19).

    InvalidInput, NotFound (nothing of ours has the id), MappingTaken (it changes on that day already, or later).
    """
    require(actor, MAP)
    if kind not in (MappingKind.DEPARTMENT, MappingKind.DOCTOR) or not his_code.strip() or valid_from < clock.today():
        raise InvalidInput("请填写种类、HIS 代码和今天起的生效日期。")
    code = his_code.strip()[:60]
    with work(hospital, actor=actor) as unit:
        name = _named(MappingKind(kind), hub_id)
        held = CodeMapping.objects.select_for_update().filter(kind=kind, his_generation=generation, his_code=code)
        current = held.filter(valid_to__isnull=True).first()
        if current is not None and current.valid_from >= valid_from:
            raise MappingTaken
        if current is not None:
            current.valid_to = valid_from
            current.save(update_fields=["valid_to"])
        CodeMapping.objects.create(
            kind=kind, his_generation=generation, his_code=code, hub_id=hub_id, valid_from=valid_from
        )
        FactChange.objects.create(
            target=f"mapping:{kind}:{code}",
            title=f"{MappingKind(kind).label} {code}",
            field="mapping",
            before=str(current.hub_id) if current else "",
            after=f"{name}（{valid_from} 起）",
            by=actor.name[:60],
            at=unit.now,
        )
        unit.audit(
            "directory.mapping_set",
            target=f"mapping:{kind}:{code}",
            detail={"hub_id": str(hub_id), "from": str(valid_from), "generation": generation},
        )


def _named(kind: MappingKind, hub_id: UUID) -> str:
    rows = Department.objects.filter(id=hub_id) if kind is MappingKind.DEPARTMENT else None
    name = (
        rows.values_list("name", flat=True).first()
        if rows is not None
        else Doctor.objects.filter(practitioner_id=hub_id).values_list("name", flat=True).first()
    )
    if name is None:
        raise NotFound("没有这个科室或医生。")
    return str(name)
