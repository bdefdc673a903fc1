"""Reads of one hospital's appointments, inside its scope; each says how many queries it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q

from tenants.appointments.models import Appointment, HisState, Settlement, State


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
        present_at=row.present_at,
        created_at=row.created_at,
    )


def appointment(booking_id: UUID) -> AppointmentView | None:
    """One appointment by its booking. One query."""
    row = Appointment.objects.filter(id=booking_id).first()
    return appointment_view(row) if row else None


def appointments_of_day(
    day: date, *, state: str = "", number: str = "", after: tuple[datetime, UUID] | None = None, limit: int = 50
) -> list[AppointmentView]:
    """Appointments for visits on `day` in order of time, a page after the key `after`. One query."""
    rows = Appointment.objects.filter(visit_date=day)
    if state:
        rows = rows.filter(state=state)
    if number:
        rows = rows.filter(Q(hub_number=number.upper()) | Q(his_registration=number))
    if after is not None:
        rows = rows.filter(Q(starts_at__gt=after[0]) | Q(starts_at=after[0], id__gt=after[1]))
    return [appointment_view(row) for row in rows.order_by("starts_at", "id")[:limit]]


def counts_of_day(day: date) -> dict[str, int]:
    """How many appointments of `day` are in each state. One query."""
    rows = Appointment.objects.filter(visit_date=day).values_list("state").annotate(count=Count("id"))
    return dict(rows)


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
