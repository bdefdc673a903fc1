"""What the hospital's own people do with appointments. Each function is one unit of work of that hospital."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from hub.actor import Actor
from hub.errors import InvalidInput
from hub.ids import uuid7
from hub.security.permissions import require
from hub.work import Command, work
from tenants.appointments import steps
from tenants.appointments.errors import AppointmentNotFound, CannotCancelHere
from tenants.appointments.events import DeskBookingAsked, DeskCancelAsked
from tenants.appointments.models import ACTIVE, Appointment, DeskRequest, DeskState
from tenants.appointments.permissions import BOOK, CANCEL, EXPORT, VIEW
from tenants.appointments.selectors import AppointmentView, Criteria, appointment_view, search
from tenants.scheduling.models import Channel

EXPORT_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWish:
    """Whom the desk books for, and which number. Without `person_id` the document shown says who it is."""

    session_id: UUID
    number_id: UUID
    starts_at: datetime
    ends_at: datetime
    person_id: UUID | None = None
    name: str = ""
    document_type: str = ""
    document_number: str = ""
    phone: str = ""
    sex: str = ""
    birth_date: date | None = None
    channel: Channel = Channel.WINDOW


def open_appointment(*, actor: Actor, hospital: str, booking_id: UUID) -> AppointmentView:
    """One appointment, and the entry that says who looked at it (JA-ADMIN-03); AppointmentNotFound for a stranger's."""
    require(actor, VIEW)
    with work(hospital, actor=actor) as unit:
        row = Appointment.objects.filter(id=booking_id).first()
        if row is None or not actor.sees(row.department_id):
            raise AppointmentNotFound
        unit.audit("appointment.opened", target=f"appointment:{booking_id}")
        return appointment_view(row)


def cancel_at_desk(*, actor: Actor, hospital: str, booking_id: UUID, reason: str) -> None:
    """Cancel for the patient: the wish is recorded here, the booking ends by itself and its money with it."""
    require(actor, CANCEL)
    if not reason.strip():
        raise InvalidInput("请填写取消原因。", fields={"reason": "请填写取消原因。"})
    with work(hospital, actor=actor) as unit:
        row = steps.lock_row(booking_id)
        if row is None or not actor.sees(row.department_id):
            raise AppointmentNotFound
        if row.state not in ACTIVE:
            raise CannotCancelHere
        unit.audit("appointment.desk_cancel_asked", target=f"appointment:{booking_id}", reason=reason.strip())
        unit.publish(
            DeskCancelAsked(hospital=hospital, booking_id=booking_id, reason=reason.strip()[:60], by=actor.name)
        )


def export(*, actor: Actor, hospital: str, criteria: Criteria) -> list[AppointmentView]:
    """The rows of an export, and the entry that says who took how many."""
    require(actor, EXPORT)
    with work(hospital, actor=actor) as unit:
        rows = search(replace(criteria, departments=actor.departments), limit=EXPORT_LIMIT)
        unit.audit(
            "appointment.exported",
            target=f"hospital:{hospital}",
            detail={
                "rows": len(rows),
                "since": str(criteria.since or ""),
                "until": str(criteria.until or ""),
                "state": criteria.state,
                "persons": len(criteria.person_ids or ()),
            },
        )
        return rows


def book_at_desk(*, actor: Actor, hospital: str, wish: DeskWish, command: Command) -> UUID:
    """Ask for a booking on behalf of a person; the request's id, which becomes the booking's."""
    require(actor, BOOK)
    request_id = uuid7()
    with work(hospital, actor=actor) as unit:
        claim = unit.claim(command, reference=str(request_id))
        if not claim.new:
            return UUID(claim.reference)
        DeskRequest.objects.create(
            id=request_id,
            person_id=wish.person_id,
            name=wish.name,
            document_type=wish.document_type,
            document_number=wish.document_number,
            phone=wish.phone,
            sex=wish.sex,
            birth_date=wish.birth_date,
            session_id=wish.session_id,
            number_id=wish.number_id,
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
            channel=wish.channel,
            asked_by=actor.id,
            asked_by_name=actor.name[:60],
            asked_at=unit.now,
        )
        unit.audit("appointment.desk_booking_asked", target=f"appointment:{request_id}")
        unit.publish(DeskBookingAsked(hospital=hospital, booking_id=request_id))
        unit.answer(command, {"request": str(request_id)})
        return request_id


def end_desk_request(*, actor: Actor, hospital: str, request_id: UUID, refusal: str) -> None:
    """Note what became of a desk's wish; an empty refusal means that the booking was made."""
    with work(hospital, actor=actor) as unit:
        DeskRequest.objects.filter(id=request_id, state=DeskState.ASKED).update(
            state=DeskState.REFUSED if refusal else DeskState.DONE, reason=refusal[:120], ended_at=unit.now
        )
        unit.audit(
            "appointment.desk_booking_ended",
            target=f"appointment:{request_id}",
            outcome="refused" if refusal else "success",
            reason=refusal,
        )
