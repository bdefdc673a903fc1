"""Reads of one hospital's appointments, inside its scope; each says how many queries it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Right

from hub.ids import heard
from hub.synthetic import person_at
from hub.tenancy.context import current_hospital
from tenants.appointments.models import Appointment, DeskRequest, DeskState, HisState, Settlement, State

_NUMBER_LENGTH = 27


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentView:
    """An appointment as the hospital's staff see it; the patient is opened through `tenants.patients`."""

    id: UUID
    hub_number: str
    person_id: UUID
    archive_id: UUID
    session_id: UUID
    department_id: UUID
    doctor_id: UUID | None
    visit_date: date
    sequence: int
    starts_at: datetime
    ends_at: datetime
    fee_fen: int
    state: State
    settlement: Settlement
    his_state: HisState
    his_registration: str
    reason: str
    channel: str
    present_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What verification compares of an appointment."""

    state: State
    settlement: Settlement
    number_id: UUID
    fee_fen: int
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What staff look for; empty fields don't narrow, `person_ids=()` finds nothing."""

    person_ids: tuple[UUID, ...] | None = None
    number: str = ""
    since: date | None = None
    until: date | None = None
    state: str = ""
    department_id: UUID | None = None
    departments: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRequestView:
    """A desk's wish and what became of it."""

    id: UUID
    person_id: UUID | None
    name: str
    document_type: str
    document_number: str
    phone: str
    sex: str
    birth_date: date | None
    session_id: UUID
    number_id: UUID
    starts_at: datetime
    ends_at: datetime
    channel: str
    state: DeskState
    reason: str
    asked_by: UUID | None
    asked_by_name: str


def appointment_view(row: Appointment) -> AppointmentView:
    """The value of a row; no query."""
    return AppointmentView(
        id=row.id,
        hub_number=row.hub_number,
        person_id=row.person_id,
        archive_id=row.archive_id,
        session_id=row.session_id,
        department_id=row.department_id,
        doctor_id=row.doctor_id,
        visit_date=row.visit_date,
        sequence=row.sequence,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        fee_fen=row.fee_fen,
        state=State(row.state),
        settlement=Settlement(row.settlement),
        his_state=HisState(row.his_state),
        his_registration=row.his_registration,
        reason=row.reason,
        channel=row.channel,
        present_at=row.present_at,
        created_at=row.created_at,
    )


def who_came(booking_ids: list[UUID]) -> set[UUID]:
    """Of these bookings, those whose patient is known to have come, or whose number does not stand here. One query."""
    rows = Appointment.objects.filter(id__in=booking_ids, state=State.BOOKED, present_at__isnull=True)
    return set(booking_ids) - set(rows.values_list("id", flat=True))


def appointment(booking_id: UUID) -> AppointmentView | None:
    """One appointment by its booking. One query."""
    row = Appointment.objects.filter(id=booking_id).first()
    return appointment_view(row) if row else None


Departments = frozenset[UUID] | None
"""The departments whose data may be seen; None: all of them (JA-ADMIN-02)."""


def _within(departments: Departments) -> QuerySet[Appointment]:
    rows = _of_people()
    return rows if departments is None else rows.filter(department_id__in=departments)


def people_within(person_ids: Iterable[UUID], departments: Departments) -> set[UUID]:
    """Those of these people who have, or had, an appointment in one of the departments. One query, or none."""
    wanted = set(person_ids)
    if departments is None:
        return wanted
    rows = _within(departments).filter(person_id__in=wanted)
    return set(rows.values_list("person_id", flat=True).distinct())


def appointments_of_day(
    day: date,
    *,
    state: str = "",
    number: str = "",
    departments: Departments = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[AppointmentView]:
    """Appointments for visits on `day` in order of time, a page after the key `after`. One query."""
    rows = _within(departments).filter(visit_date=day)
    if state:
        rows = rows.filter(state=state)
    if number:
        rows = rows.filter(Q(hub_number=number.upper()) | Q(his_registration=number))
    if after is not None:
        rows = rows.filter(Q(starts_at__gt=after[0]) | Q(starts_at=after[0], id__gt=after[1]))
    return [appointment_view(row) for row in rows.order_by("starts_at", "id")[:limit]]


def standing_of_day(day: date) -> list[AppointmentView]:
    """All booked appointments of a day, whether paid or not. One query."""
    rows = Appointment.objects.filter(visit_date=day, state=State.BOOKED).order_by("starts_at", "id")
    return [appointment_view(row) for row in rows]


def seen_before(person_id: UUID, department_id: UUID, *, since: date, until: date) -> bool:
    """Whether the person was seen by this department in these days, the last excluded: a follow-up. One query."""
    return Appointment.objects.filter(
        person_id=person_id,
        department_id=department_id,
        visit_date__gte=since,
        visit_date__lt=until,
        state=State.FULFILLED,
    ).exists()


def own_number(number: str) -> str:
    """The hospital-side number of what people type: a booking's number has the same digits behind another letter."""
    typed = number.strip().upper()
    return f"R{typed[1:]}" if len(typed) == _NUMBER_LENGTH and typed.startswith("B") else typed


def search(criteria: Criteria, *, after: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[AppointmentView]:
    """Appointments that agree with all of it, latest visit first, a page after the key `after`. One query."""
    rows = _within(criteria.departments)
    if criteria.person_ids is not None:
        rows = rows.filter(person_id__in=criteria.person_ids)
    if criteria.number:
        typed = criteria.number.strip()
        wanted = Q(hub_number=own_number(typed)) | Q(his_registration=typed)
        if tail := heard(typed):
            rows, wanted = rows.alias(tail=Right("hub_number", len(tail))), wanted | Q(tail=tail)
        rows = rows.filter(wanted)
    if criteria.since:
        rows = rows.filter(visit_date__gte=criteria.since)
    if criteria.until:
        rows = rows.filter(visit_date__lte=criteria.until)
    if criteria.state:
        rows = rows.filter(state=criteria.state)
    if criteria.department_id:
        rows = rows.filter(department_id=criteria.department_id)
    if after is not None:
        rows = rows.filter(Q(starts_at__lt=after[0]) | Q(starts_at=after[0], id__lt=after[1]))
    return [appointment_view(row) for row in rows.order_by("-starts_at", "-id")[:limit]]


def appointments_of_session(session_id: UUID) -> list[AppointmentView]:
    """Everybody of a session, also those who left it, by place in line. One query."""
    rows = Appointment.objects.filter(session_id=session_id).order_by("sequence", "created_at")
    return [appointment_view(row) for row in rows]


def desk_request(request_id: UUID) -> DeskRequestView | None:
    """A desk's wish. One query."""
    row = DeskRequest.objects.filter(id=request_id).first()
    if row is None:
        return None
    return DeskRequestView(
        id=row.id,
        person_id=row.person_id,
        name=row.name,
        document_type=row.document_type,
        document_number=row.document_number,
        phone=row.phone,
        sex=row.sex,
        birth_date=row.birth_date,
        session_id=row.session_id,
        number_id=row.number_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        channel=row.channel,
        state=DeskState(row.state),
        reason=row.reason,
        asked_by=row.asked_by,
        asked_by_name=row.asked_by_name,
    )


def counts_of_day(day: date, *, departments: Departments = None) -> dict[str, int]:
    """How many appointments of `day` are in each state. One query."""
    rows = _within(departments).filter(visit_date=day).values_list("state").annotate(count=Count("id"))
    return dict(rows)


def _of_people() -> QuerySet[Appointment]:
    """Appointments of this hospital's patients: the synthetic resident is none."""
    return Appointment.objects.exclude(person_id=person_at(current_hospital() or ""))


def standings() -> dict[UUID, Standing]:
    """Every appointment of this hospital, for verification. One query."""
    rows = Appointment.objects.values_list("id", "state", "settlement", "number_id", "fee_fen", "updated_at")
    return {
        booking_id: Standing(
            state=State(state),
            settlement=Settlement(settlement),
            number_id=number_id,
            fee_fen=fee_fen,
            updated_at=updated_at,
        )
        for booking_id, state, settlement, number_id, fee_fen, updated_at in rows.iterator(chunk_size=5000)
    }
