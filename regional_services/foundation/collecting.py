"""Storing what is to be handed over: a booking's news, a hospital's changed master data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid5

from django.core.serializers.json import DjangoJSONEncoder

from hub import ids
from hub.actor import system_actor
from hub.security import blind
from hub.synthetic import is_synthetic
from hub.tenancy.models import TenantState
from hub.tenancy.scope import REGION, hospital
from hub.tenancy.statements import Statement
from hub.work import Unit, work
from institution_connectors.catalog import selectors as connectors
from regional_services.booking import selectors as bookings
from regional_services.booking.events import BookingChanged
from regional_services.booking.models import Settlement, State
from regional_services.booking.selectors import BookingView
from regional_services.catalog import selectors as catalog
from regional_services.foundation import line
from regional_services.foundation.facts import (
    BookingFact,
    DepartmentRecord,
    DoctorRecord,
    InstitutionRecord,
    Kind,
    envelope,
    news,
)
from regional_services.foundation.models import Entry, Told
from tenants.directory import selectors as directory
from tenants.registry import selectors as registry
from tenants.registry.selectors import InstitutionView

COLLECTOR = system_actor("数据底座")
_COMPARING = Statement("default", "SELECT pg_advisory_xact_lock(7304566, hashtext(%(code)s))")


@dataclass(frozen=True, slots=True)
class _Record:
    """A master record under the subject it is known by."""

    kind: Kind
    subject: str
    data: Any

    @property
    def digest(self) -> str:
        text = json.dumps([self.kind, asdict(self.data)], cls=DjangoJSONEncoder, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def collect_booking(unit: Unit, event: BookingChanged) -> None:
    """Store what is new of a booking; of the synthetic resident's nothing. Two queries, where there is news four more.

    An event's id comes from the booking, the kind and how often it was told, so that it is the same if this runs again.
    """
    booking = bookings.booking_of(event.booking_id)
    if booking is None or is_synthetic(booking.account_id):
        return
    subject = str(booking.id)
    told = list(Entry.objects.filter(subject=subject).order_by("id").values_list("kind", flat=True))
    found = news(booking, State(event.state), Settlement(event.settlement), told)
    if not found:
        return
    data = _fact(booking, event)
    entries = []
    for kind in found:
        event_id = uuid5(booking.id, f"{kind}:{told.count(kind)}")
        body = envelope(kind, event_id, subject, booking.updated_at, data)
        entries.append(Entry(event_id=event_id, subject=subject, kind=kind, body=body, stored_at=unit.now))
    Entry.objects.bulk_create(entries)
    unit.audit("foundation.collected", target=f"booking:{booking.id}", detail={"events": found})
    line.wake(unit)


def _fact(booking: BookingView, event: BookingChanged) -> BookingFact:
    department = catalog.departments_by_id([booking.department_id]).get(booking.department_id)
    is_sensitive = department is None or bool(department.sensitivity)
    return BookingFact(
        booking=booking.id,
        institution=booking.institution_code,
        department=booking.department_id,
        session=booking.session_id,
        person=None if is_sensitive else person_reference(booking.person_id),
        visit_date=booking.visit_date,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        fee_fen=booking.fee_fen,
        state=event.state,
        settlement=event.settlement,
    )


def person_reference(person_id: UUID) -> str:
    """The same for the same person, and nothing else: keyed, so that nobody outside finds the person by it."""
    return blind.index("foundation.person", str(person_id)).hex()


def collect_master(code: str) -> int:
    """Store every master record of an institution that is not as the foundation was last told; how many."""
    records = {record.subject: record for record in _records(code)}
    with work(REGION, actor=COLLECTOR) as unit:
        _COMPARING.row(code=code)  # who compares at the same time waits, and finds nothing new
        told = dict(Told.objects.filter(subject__in=records).values_list("subject", "digest"))
        changed = [record for record in records.values() if told.get(record.subject) != record.digest]
        if not changed:
            return 0
        Told.objects.bulk_create(
            [Told(subject=record.subject, digest=record.digest) for record in changed],
            update_conflicts=True,
            unique_fields=["subject"],
            update_fields=["digest"],
        )
        Entry.objects.bulk_create([_entry(unit, record) for record in changed])
        unit.audit("foundation.collected", target=f"institution:{code}", detail={"records": len(changed)})
        line.wake(unit)
    return len(changed)


def _entry(unit: Unit, record: _Record) -> Entry:
    event_id = ids.uuid7()
    body = envelope(record.kind, event_id, record.subject, unit.now, record.data)
    return Entry(event_id=event_id, subject=record.subject, kind=record.kind, body=body, stored_at=unit.now)


def _records(code: str) -> Iterator[_Record]:
    """The institution, and its departments and doctors while it has a place here; none kept for the synthetic resident.

    One scope of the hospital, two queries.
    """
    view = registry.institution(code)
    yield _Record(Kind.INSTITUTION, f"institution/{code}", _institution(view))
    if view.state in {TenantState.JOINING, TenantState.LEFT}:
        return
    with hospital(code, read_only=True):
        departments, doctors = directory.departments(), directory.doctors()
    profile = connectors.profile_of(code)
    kept = profile.options.reserved_department if profile else ""
    reserved = {row.id for row in departments if kept and row.code == kept}
    for department in departments:
        if department.id not in reserved:
            yield _Record(Kind.DEPARTMENT, f"department/{department.id}", _department(code, department))
    for doctor in doctors:
        if doctor.department_id not in reserved:
            yield _Record(Kind.DOCTOR, f"doctor/{doctor.id}", _doctor(code, doctor))


def _institution(view: InstitutionView) -> InstitutionRecord:
    return InstitutionRecord(
        institution=view.code,
        name=view.name,
        short_name=view.short_name,
        kind=view.kind,
        level=view.level,
        ward=view.ward,
        address=view.address,
        phone=view.phone,
        state=view.state,
    )


def _department(code: str, row: directory.DepartmentView) -> DepartmentRecord:
    return DepartmentRecord(
        department=row.id,
        institution=code,
        code=row.code,
        name=row.name,
        parent=row.parent_id,
        location=row.location,
        service=row.service,
        is_active=row.is_active,
    )


def _doctor(code: str, row: directory.DoctorView) -> DoctorRecord:
    return DoctorRecord(
        doctor=row.id,
        practitioner=row.practitioner_id,
        institution=code,
        department=row.department_id,
        code=row.code,
        name=row.name,
        title=row.title,
        is_active=row.is_active,
    )
