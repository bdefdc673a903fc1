"""The printable list of a day's appointments, stored at 06:00, so that a hospital works on with the hub down."""

from __future__ import annotations

from datetime import date

from django.utils.html import format_html, format_html_join

from hub import clock
from hub.actor import Actor, system_actor
from hub.ids import uuid7
from hub.security import masking
from hub.security.permissions import require
from hub.storage import objects
from hub.storage.objects import StoredObject
from hub.tenancy.keys import object_key
from hub.tenancy.scope import hospital
from hub.work import work
from tenants.appointments.models import ACTIVE, DailyList
from tenants.appointments.permissions import PRINT_LIST
from tenants.appointments.selectors import AppointmentView, Criteria, search
from tenants.directory import selectors as directory
from tenants.patients import selectors as patients
from tenants.registry import selectors as registry

CLOCKWORK = system_actor("每日清单")
LIMIT = 20_000
_HEADS = ("时间", "序号", "科室", "医生", "姓名", "证件", "登记号", "费用", "到院")


def make(code: str, day: date, *, actor: Actor = CLOCKWORK) -> int:
    """Write the list of a day and store it sealed; how many lines it has. A later one of the same day replaces it."""
    with hospital(code, read_only=True):
        rows = [row for row in search(Criteria(since=day, until=day), limit=LIMIT) if row.state in ACTIVE]
        page = _page(code, day, rows)
    key = object_key(code, "daily-list", f"{day:%Y%m%d}-{uuid7()}")
    stored = objects.put(key, page.encode(), content_type="text/html; charset=utf-8", owner=code)
    with work(code, actor=actor) as unit:
        DailyList.objects.update_or_create(
            day=day,
            defaults={
                "object_key": stored.key,
                "content_type": stored.content_type,
                "size": stored.size,
                "sha256": stored.sha256,
                "suite": stored.suite,
                "wrapped_key": stored.wrapped_key,
                "rows": len(rows),
                "made_at": unit.now,
            },
        )
        unit.audit("appointment.list_made", target=f"day:{day}", detail={"rows": len(rows)})
    return len(rows)


def read(*, actor: Actor, hospital: str, day: date) -> bytes:
    """The stored list of a day, made now if there is none; who took it is recorded."""
    require(actor, PRINT_LIST)
    with work(hospital, actor=actor) as unit:
        row = DailyList.objects.filter(day=day).first()
        unit.audit("appointment.list_printed", target=f"day:{day}")
    if row is None:
        make(hospital, day, actor=actor)
        return read(actor=actor, hospital=hospital, day=day)
    return objects.get(stored_list(row))


def stored_list(row: DailyList) -> StoredObject:
    """What opens the object of a list."""
    return StoredObject(
        key=row.object_key,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        suite=row.suite,
        wrapped_key=bytes(row.wrapped_key),
    )


def _page(code: str, day: date, rows: list[AppointmentView]) -> str:
    people = patients.patients_of([row.archive_id for row in rows])
    departments = {row.id: row.name for row in directory.departments()}
    doctors = {row.id: row.name for row in directory.doctors()}
    cells = []
    for row in reversed(rows):
        patient = people.get(row.archive_id)
        start, end = clock.local(row.starts_at), clock.local(row.ends_at)
        cells.append(
            (
                f"{start:%H:%M}-{end:%H:%M}",
                row.sequence,
                departments.get(row.department_id, ""),
                doctors.get(row.doctor_id, "") if row.doctor_id else "",
                patient.name if patient else "",
                masking.document(patient.document_number) if patient else "",
                row.his_registration,
                row.settlement.label,
            )
        )
    line = "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>□</td></tr>"
    return format_html(
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{day} 预约清单</title></head><body><main>'
        "<h1>{hospital} {day} 预约清单</h1><p>共 {count} 人，生成于 {made}。含个人信息，用后请碎纸。</p>"
        '<table border="1" cellpadding="4"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></main>'
        "</body></html>",
        day=f"{day:%F}",
        hospital=registry.institution(code).name,
        count=len(rows),
        made=f"{clock.local(clock.now()):%F %T}",
        heads=format_html_join("", "<th>{}</th>", ((head,) for head in _HEADS)),
        lines=format_html_join("", line, cells),
    )
