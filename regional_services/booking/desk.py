"""Bookings that a hospital's desk makes for people (practice 9). The desk asks in its own schema; here it is done.

A desk's booking is paid at the hospital's window: it stands unpaid, and the HIS is told to collect.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from hub.actor import Actor, ActorKind
from hub.errors import Conflict, HubError
from hub.tenancy.scope import REGION, hospital
from hub.work import Unit, work
from regional_services.booking import reservations
from regional_services.booking.errors import SessionClosed
from regional_services.booking.models import Booking, State
from regional_services.booking.services import BookingWish, draft, hold_and_order, resume
from regional_services.booking.steps import store
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
from tenants.scheduling.models import Channel, SessionState


def carry_out(code: str, request_id: UUID) -> None:
    """Do what the desk asked for, or tell it why not. A repeat goes on where the first attempt stopped."""
    with hospital(code, read_only=True):
        request = appointments.desk_request(request_id)
        session = session_here(request.session_id) if request else None
    if request is None or request.state is not DeskState.ASKED:
        return
    actor = Actor(kind=ActorKind.STAFF, id=request.asked_by, name=request.asked_by_name, institution=code)
    refusal = ""
    try:
        _book(actor, code, request, session)
    except HubError as problem:
        refusal = problem.text
    desk.end_desk_request(actor=actor, hospital=code, request_id=request_id, refusal=refusal)


def session_here(session_id: UUID) -> BookableSession | None:
    """The open session as the hospital itself has it, inside its scope: staff don't wait for the catalogue."""
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
    def begin(unit: Unit) -> Booking:
        if session is None or request.starts_at <= unit.now:
            raise SessionClosed
        return _begin(unit, code, request, session)

    _make(actor, code, request.id, begin)


def make(
    actor: Actor, booking_id: UUID, wish: BookingWish, session: BookableSession | None, *, channel: Channel
) -> None:
    """Make the booking of this id for a person we know, to be paid at the hospital or on the day; again: go on with it.

    Raises SessionClosed, PersonDeceased, AgeUnfit, TimeTaken, DayLimit, or what a hold raises.
    """

    def begin(unit: Unit) -> Booking:
        if session is None or wish.starts_at <= unit.now:
            raise SessionClosed
        return _begun(unit, booking_id, wish, session, channel)

    _make(actor, wish.institution, booking_id, begin)


def _make(actor: Actor, code: str, booking_id: UUID, begin: Callable[[Unit], Booking]) -> None:
    """Make the booking of this id, or take it on from where an earlier attempt stopped; what refuses it is raised."""
    registry.institution(code).require(BOOKING_FUNCTION)
    with work(REGION, actor=actor) as unit:
        known = Booking.objects.filter(id=booking_id).first()
        if known is None:
            booking = begin(unit)
            card = identity.findable(identity.identity_of(booking.person_id))
        else:
            unit.audit("booking.created", target=f"booking:{booking_id}", outcome="repeat")
    if known is None:
        hold_and_order(actor, booking, card, None)
    elif known.state == State.NEW:
        resume(known.id)
    elif known.state == State.FAILED:
        raise Conflict(known.reason)


def _begin(unit: Unit, code: str, request: DeskRequestView, session: BookableSession) -> Booking:
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
    wish = BookingWish(
        institution=code,
        person_id=person_id,
        session_id=request.session_id,
        number_id=request.number_id,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
    )
    return _begun(unit, request.id, wish, session, request.channel)


def _begun(unit: Unit, booking_id: UUID, wish: BookingWish, session: BookableSession, channel: str) -> Booking:
    card = identity.identity_of(wish.person_id)
    if card.standing == Standing.DECEASED:
        raise PersonDeceased
    offers.require_fit(session.service, card.birth_date, session.date)
    # Who has an account of his own finds the booking there; else it is filed under the person.
    account_id = identity.own_account(wish.person_id) or wish.person_id
    booking = draft(booking_id, account_id, wish, registry.institution(wish.institution), session, unit.now)
    booking.pay_on_day = booking.fee_fen > 0
    booking.channel = channel
    reservations.take(unit, booking)
    store(unit, booking)
    unit.audit("booking.created", target=f"booking:{booking.id}", detail={"hospital": wish.institution, "desk": True})
    return booking
