"""Bookings that a hospital's desk makes for people (practice 9). The desk asks in its own schema; here it is done.

A desk's booking is paid at the hospital's window: it stands unpaid, and the HIS is told to collect.
"""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor, ActorKind
from hub.errors import Conflict, HubError
from hub.tenancy.scope import REGION, hospital
from hub.work import Unit, work
from regional_services.booking import reservations
from regional_services.booking.errors import SessionClosed
from regional_services.booking.models import Booking, State
from regional_services.booking.services import BookingWish, draft, hold_and_order, resume
from regional_services.catalog import offers
from regional_services.catalog.bookable import BookableSession
from regional_services.identity import selectors as identity
from regional_services.identity import steps as identity_steps
from regional_services.identity.errors import PersonDeceased
from regional_services.identity.models import Standing
from tenants.appointments import selectors as appointments
from tenants.appointments import services as desk
from tenants.appointments.models import DeskState
from tenants.appointments.selectors import DeskRequestView
from tenants.directory import selectors as directory
from tenants.registry import selectors as registry
from tenants.registry.functions import BOOKING as BOOKING_FUNCTION
from tenants.scheduling import selectors as scheduling
from tenants.scheduling.models import SessionState


def carry_out(code: str, request_id: UUID) -> None:
    """Do what the desk asked for, or tell it why not. A repeat goes on where the first attempt stopped."""
    with hospital(code, read_only=True):
        request = appointments.desk_request(request_id)
        session = _session(request.session_id) if request else None
    if request is None or request.state is not DeskState.ASKED:
        return
    actor = Actor(kind=ActorKind.STAFF, id=request.asked_by, name=request.asked_by_name, institution=code)
    refusal = ""
    try:
        _book(actor, code, request, session)
    except HubError as problem:
        refusal = problem.text
    desk.end_desk_request(actor=actor, hospital=code, request_id=request_id, refusal=refusal)


def _session(session_id: UUID) -> BookableSession | None:
    """The open session as the hospital itself has it: a desk does not wait for the district's catalogue."""
    found = scheduling.session_summary(session_id)
    department = directory.department(found.department_id) if found else None
    if found is None or department is None or found.state != SessionState.OPEN:
        return None
    return BookableSession(
        session_id=found.id,
        department_id=department.id,
        department_name=department.name,
        sensitivity=department.sensitivity,
        doctor_name=found.doctor_name,
        date=found.date,
        fee_fen=found.fee_fen,
        service=department.service,
    )


def _book(actor: Actor, code: str, request: DeskRequestView, session: BookableSession | None) -> None:
    institution = registry.institution(code)
    institution.require(BOOKING_FUNCTION)
    with work(REGION, actor=actor) as unit:
        known = Booking.objects.filter(id=request.id).first()
        if known is None:
            if session is None or request.starts_at <= unit.now:
                raise SessionClosed
            booking, person_id = _begin(unit, code, request, session)
            card = identity.findable(identity.identity_of(person_id))
    if known is None:
        hold_and_order(actor, booking, card, None)
    elif known.state == State.NEW:
        resume(known.id)
    elif known.state == State.FAILED:
        raise Conflict(known.reason)


def _begin(unit: Unit, code: str, request: DeskRequestView, session: BookableSession) -> tuple[Booking, UUID]:
    person_id = request.person_id or identity_steps.person_at_desk(
        unit,
        identity_steps.NewPerson(
            kind="other",
            name=request.name,
            document_type=request.document_type,
            document_number=request.document_number,
            phone=request.phone,
            sex=request.sex,
            birth_date=request.birth_date,
            channel="desk",
        ),
    )
    card = identity.identity_of(person_id)
    if card.standing == Standing.DECEASED:
        raise PersonDeceased
    offers.require_fit(session.service, card.birth_date, session.date)
    wish = BookingWish(
        institution=code,
        person_id=person_id,
        session_id=request.session_id,
        number_id=request.number_id,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
    )
    # Who has an account of his own finds the booking there; else it is filed under the person.
    account_id = identity.own_account(person_id) or person_id
    booking = draft(request.id, account_id, wish, registry.institution(code), session, unit.now)
    booking.pay_on_day = booking.fee_fen > 0
    booking.channel = request.channel
    reservations.take(booking)
    booking.save(force_insert=True)
    unit.audit("booking.created", target=f"booking:{booking.id}", detail={"hospital": code, "desk": True})
    return booking, person_id
