"""Following the HIS's lists of departments and doctors. One unit of work per list."""

from __future__ import annotations

from uuid import UUID

from hub import clock, ids
from hub.actor import Actor, system_actor
from hub.work import Unit, work
from institution_connectors.contracts import values
from institution_connectors.contracts.results import Departments, Doctors
from tenants.directory.events import DirectoryChanged, DirectoryDue
from tenants.directory.models import CodeMapping, Department, Doctor, MappingKind, Sensitivity, Service
from tenants.directory.practitioners import practitioner_at, practitioner_of
from tenants.directory.steps import codes_on

_LABELS = (
    (("精神", "心理", "心身", "睡眠", "物质依赖"), Sensitivity.PSYCHIATRIC),
    (("生殖", "计划生育", "不孕"), Sensitivity.REPRODUCTIVE),
    (("感染", "艾滋", "性病"), Sensitivity.INFECTIOUS),
    (("遗传",), Sensitivity.GENETIC),
)

_SERVICES = (
    (("预防接种", "计划免疫", "计免"), Service.IMMUNISATION),
    (("健康体检", "体检中心"), Service.CHECKUP),
)


def apply_departments(code: str, answer: Departments, *, actor: Actor, generation: int = 1) -> int:
    """Make our departments those of the answer; how many rows changed."""
    with work(code, actor=actor) as unit:
        return follow_departments(unit, answer, generation=generation)


def follow_departments(unit: Unit, answer: Departments, *, generation: int) -> int:
    """The same inside an open unit. A list shorter than the hospital's own count withdraws nothing (F11)."""
    known = codes_on(clock.today(), generation=generation).departments
    rows = {row.id: row for row in Department.objects.select_for_update().order_by("id")}
    seen: dict[str, UUID] = {}
    changed = 0
    for item in answer.departments:
        row = rows.get(known[item.code]) if item.code in known else None
        seen[item.code] = row.id if row else _add_department(unit, item, generation)
        changed += row is None or _update_department(unit, row, item)
    changed += _set_parents(answer.departments, seen, rows)
    if len(answer.departments) == answer.total:
        gone = Department.objects.filter(is_active=True).exclude(id__in=seen.values())
        changed += gone.update(is_active=False, synced_at=unit.now)
    _finish(unit, "directory.departments_synced", changed)
    return changed


def apply_doctors(code: str, answer: Doctors, *, actor: Actor, generation: int = 1) -> int:
    """Make our doctors' posts those of the answer; how many rows changed."""
    with work(code, actor=actor) as unit:
        return follow_doctors(unit, answer, generation=generation)


def follow_doctors(unit: Unit, answer: Doctors, *, generation: int) -> int:
    """The same inside an open unit. Rotas are not doctors; posts in unknown departments wait for these."""
    codes = codes_on(clock.today(), generation=generation)
    rows = {(row.practitioner_id, row.department_id): row for row in Doctor.objects.select_for_update().order_by("id")}
    seen: set[tuple[UUID, UUID]] = set()
    changed = 0
    for item in answer.doctors:
        if item.rota:
            continue
        practitioner = codes.practitioners.get(item.code) or _add_practitioner(unit, item, generation)
        for department_id in filter(None, map(codes.department, item.department_codes)):
            seen.add((practitioner, department_id))
            changed += _keep_post(unit, rows.get((practitioner, department_id)), practitioner, department_id, item)
    if len(answer.doctors) == answer.total:
        gone = [row.id for key, row in rows.items() if key not in seen and row.is_active]
        changed += Doctor.objects.filter(id__in=gone).update(is_active=False, synced_at=unit.now)
    _finish(unit, "directory.doctors_synced", changed)
    return changed


def ask_for_directory(code: str) -> None:
    """Have a hospital asked for its directory by a connector worker."""
    with work(code, actor=system_actor("科室医生同步")) as unit:
        unit.publish(DirectoryDue(hospital=code))
        unit.audit("directory.asked", target=f"hospital:{code}")


def is_known() -> bool:
    """Whether this hospital's departments were ever told; inside its scope. One query."""
    return Department.objects.exists()


def label_of(name: str) -> Sensitivity:
    """The label a new department starts with, by its name; staff may change it afterwards."""
    return next((label for words, label in _LABELS if any(word in name for word in words)), Sensitivity.NONE)


def service_of(name: str) -> Service:
    """What a new department's numbers are for, by its name; staff may change it afterwards."""
    return next((service for words, service in _SERVICES if any(word in name for word in words)), Service.OUTPATIENT)


def _finish(unit: Unit, action: str, changed: int) -> None:
    if changed:
        unit.publish(DirectoryChanged(hospital=unit.scope))
    unit.audit(action, target=f"hospital:{unit.scope}", detail={"changed": changed})


def _add_department(unit: Unit, item: values.Department, generation: int) -> UUID:
    taken = Department.objects.filter(code=item.code).exists()
    row = Department.objects.create(
        id=ids.uuid7(),
        code=f"{item.code}.{generation}" if taken else item.code,
        name=item.name,
        intro=item.introduction,
        location=item.place,
        campus_code=item.campus,
        sensitivity=label_of(item.name),
        service=service_of(item.name),
        synced_at=unit.now,
    )
    _map(MappingKind.DEPARTMENT, item.code, row.id, generation)
    return row.id


def _update_department(unit: Unit, row: Department, item: values.Department) -> bool:
    now = (item.name, item.introduction, item.place, item.campus, True)
    if (row.name, row.intro, row.location, row.campus_code, row.is_active) == now:
        return False
    row.name, row.intro, row.location, row.campus_code, row.is_active = now
    row.synced_at = unit.now
    row.save()
    return True


def _set_parents(items: tuple[values.Department, ...], seen: dict[str, UUID], rows: dict[UUID, Department]) -> int:
    changed = 0
    for item in items:
        parent, own = seen.get(item.parent_code), seen[item.code]
        before = rows[own].parent_id if own in rows else None
        if parent != before and parent != own:
            changed += Department.objects.filter(pk=own).update(parent_id=parent)
    return changed


def _add_practitioner(unit: Unit, item: values.Doctor, generation: int) -> UUID:
    code = item.insurance_code
    practitioner = practitioner_of(code) if code else practitioner_at(unit.scope, generation, item.code)
    _map(MappingKind.DOCTOR, item.code, practitioner, generation)
    return practitioner


def _keep_post(unit: Unit, row: Doctor | None, practitioner: UUID, department_id: UUID, item: values.Doctor) -> bool:
    intro = item.skills or item.introduction
    now = (item.code, item.name, item.title, intro, True)
    if row is None:
        Doctor.objects.create(
            id=ids.uuid7(),
            practitioner_id=practitioner,
            department_id=department_id,
            code=item.code,
            name=item.name,
            title=item.title,
            intro=intro,
            synced_at=unit.now,
        )
        return True
    if (row.code, row.name, row.title, row.intro, row.is_active) == now:
        return False
    row.code, row.name, row.title, row.intro, row.is_active = now
    row.synced_at = unit.now
    row.save()
    return True


def _map(kind: MappingKind, his_code: str, hub_id: UUID, generation: int) -> None:
    CodeMapping.objects.create(
        kind=kind, his_generation=generation, his_code=his_code, hub_id=hub_id, valid_from=clock.today()
    )
