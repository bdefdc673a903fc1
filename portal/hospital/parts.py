"""Parts shared by the workspace's pages: rows with names beside ids, places in a list, dates of a query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest

from portal.components.paging import id_of as id_of
from tenants.appointments.selectors import AppointmentView
from tenants.directory import selectors as directory
from tenants.patients import selectors as patients
from tenants.patients.selectors import PatientView

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An appointment with the names a person reads."""

    appointment: AppointmentView
    patient: PatientView | None
    department: str
    doctor: str


def lines(rows: list[AppointmentView]) -> list[Line]:
    """The appointments with their people, departments and doctors, inside the hospital's scope. Three queries."""
    people = patients.patients_of([row.archive_id for row in rows])
    departments = {row.id: row.name for row in directory.departments()}
    doctors = {row.id: row.name for row in directory.doctors()}
    return [
        Line(
            appointment=row,
            patient=people.get(row.archive_id),
            department=departments.get(row.department_id, ""),
            doctor=doctors.get(row.doctor_id, "") if row.doctor_id else "",
        )
        for row in rows
    ]


def after_of(request: HttpRequest) -> tuple[datetime, UUID] | None:
    """The place in a list that `after=<instant>,<id>` names; a mangled one begins anew."""
    try:
        at, _, row = request.GET.get("after", "").partition(",")
        return datetime.fromisoformat(at), UUID(row)
    except ValueError:
        return None


def place(at: datetime, row_id: UUID) -> str:
    """The other way round."""
    return f"{at.isoformat()},{row_id}"


def moment_of(text: str) -> datetime | None:
    """An instant a page wrote with its zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def date_of(request: HttpRequest, name: str, default: date | None = None) -> date | None:
    """A date of the query; the default for none or a mangled one."""
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return default
