"""What people do to bookings. Each public function is one command; docs/FLOW.md tells the whole path.

Creating a booking is three transactions: the booking and the person's time (public), the number (hospital), the order
and the answer (public). A crash between any two leaves a row that `resume` takes up from its state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import Conflict, HubError
from hub.ids import domain_number, uuid7
from hub.synthetic import is_synthetic
from hub.tenancy.scope import REGION, hospital, region
from hub.work import Command, work
from institution_connectors.catalog import selectors as connectors
from institution_connectors.contracts.operations import Operation
from regional_services.booking import access, reservations, revisits, rights, rush
from regional_services.booking.arrival import Position, require_here
from regional_services.booking.errors import (
    CannotCancel,
    CannotCheckIn,
    CannotRegister,
    NoShowBlocked,
    NotPayableOnline,
    QueueFirst,
    SessionClosed,
)
from regional_services.booking.models import SETTLED, Booking, Pricing, Settlement, State
from regional_services.booking.process import Input, NotAllowed
from regional_services.booking.registering import register_cutoff, why_not_registrable
from regional_services.booking.selectors import BookingView, booking_view
from regional_services.booking.steps import (
    LOCK_PATIENCE,
    STUCK_AFTER,
    Facts,
    advance,
    advance_locked,
    awaits_only_quote,
    lock,
    open_order,
    store,
)
from regional_services.catalog import offers
from regional_services.catalog.bookable import BookableSession, bookable_session
from regional_services.identity import access as identity_access
from regional_services.identity import selectors as identity
from regional_services.identity.purposes import BOOKING as BOOKING_PURPOSE
from regional_services.identity.selectors import IdentityCard
from tenants.appointments import holding
from tenants.appointments import steps as appointments
from tenants.appointments.errors import HeldAlready, PlaceRaced
from tenants.appointments.holding import Held, HoldRequest
from tenants.patients.steps import PatientIdentity
from tenants.registry import selectors as registry
from tenants.registry.functions import BOOKING as BOOKING_FUNCTION
from tenants.registry.selectors import InstitutionView
from tenants.scheduling.models import Channel

SWEEPER = system_actor("booking-sweep")
HOLD_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingWish:
    """What a resident chose: a number of a session, at the time the page showed for it."""

    institution: str
    person_id: UUID
    session_id: UUID
    number_id: UUID
    starts_at: datetime
    ends_at: datetime


def create_booking(*, actor: Actor, wish: BookingWish, command: Command) -> BookingView:
    """Book one number; returns the booking as it stands: awaiting payment, booked, or waiting for the hospital.

    Repeating the command gives the same booking. Raises NotFound (patient, session), RealNameNeeded, AgeUnfit,
    SessionClosed, NotPayableOnline, TooEager, HeldForCheck, WaitInLine, NoShowBlocked, TimeTaken, DayLimit, QueueFirst,
    NumberTaken, SlotChanged or a limit of the hospital's (AlreadyBookedToday, HospitalDayLimit, OpenLimit); then
    nothing is held.
    """
    institution = registry.institution(wish.institution)
    institution.require(BOOKING_FUNCTION)
    if wish.starts_at <= clock.now():
        raise SessionClosed
    admitted = rush.enter(actor, institution, person_id=wish.person_id, session_id=wish.session_id)
    booking_id = uuid7()
    with work(REGION, actor=actor) as unit:
        claim = unit.claim(command, reference=str(booking_id))
        if claim.new:
            patient, card = identity_access.card_for(actor, wish.person_id, BOOKING_PURPOSE)
            session = bookable_session(
                wish.institution,
                wish.session_id,
                person_id=wish.person_id,
                revisit_days=institution.revisit_days,
                reserved=is_synthetic(patient.account_id),
            )
            if session is None:
                raise SessionClosed
            if session.fee_fen and institution.pays_to_confirm and not session.is_payable:
                raise NotPayableOnline
            offers.require_fit(session.service, patient.birth_date, session.date)
            booking = draft(booking_id, patient.account_id, wish, institution, session, unit.now)
            if session.has_right and rights.use(booking):
                booking.channel = Channel.PRIORITY
            elif session.blocked_until is not None:
                raise NoShowBlocked(until=session.blocked_until)
            elif session.queued:
                raise QueueFirst
            reservations.take(unit, booking)
            store(unit, booking)
            unit.audit("booking.created", target=f"booking:{booking_id}", detail={"hospital": wish.institution})
    if not claim.new:
        return repeated(actor, UUID(claim.reference))
    view = hold_and_order(actor, booking, card, command)
    if admitted:
        rush.book_done(actor, wish.institution, wish.session_id)
    return view


def draft(
    booking_id: UUID,
    account_id: UUID,
    wish: BookingWish,
    institution: InstitutionView,
    session: BookableSession,
    now: datetime,
) -> Booking:
    """The row of a booking about to begin; nothing is stored."""
    price = revisits.price_of(session, institution, quoted=is_quoted(wish.institution, session.fee_fen))
    return Booking(
        id=booking_id,
        institution_code=wish.institution,
        number=domain_number("B", booking_id),
        account_id=account_id,
        person_id=wish.person_id,
        session_id=wish.session_id,
        number_id=wish.number_id,
        department_id=session.department_id,
        department_name=session.department_name,
        doctor_name=session.doctor_name,
        visit_date=session.date,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        fee_fen=price.fee_fen,
        list_fee_fen=session.fee_fen,
        pricing=price.pricing,
        discount=price.discount,
        revisit_of=price.revisit_of,
        pay_on_day=price.fee_fen > 0 and not institution.pays_to_confirm,
        his_locked=institution.his_owns_numbers,
        state=State.NEW,
        settlement=Settlement.UNPAID if price.fee_fen else Settlement.FREE,
        due_at=now + STUCK_AFTER,
        created_at=now,
        updated_at=now,
    )


def is_quoted(institution: str, list_fee_fen: int) -> bool:
    """Whether the hospital names each person's own price for what costs this much by its list (practice 11)."""
    return list_fee_fen > 0 and connectors.can(institution, Operation.QUOTE_FEE)


def repeated(actor: Actor, booking_id: UUID) -> BookingView:
    """The same command again: the booking as it is now, taken further if a crash left it at the start."""
    booking = Booking.objects.get(id=booking_id)
    if booking.state == State.NEW:
        return resume(booking_id) or booking_view(booking)
    if booking.state == State.FAILED:
        raise Conflict(booking.reason)
    return booking_view(access.own_booking(actor, booking_id))


def hold_and_order(actor: Actor, booking: Booking, card: IdentityCard, command: Command | None) -> BookingView:
    """Take a stored booking through its hold to what comes next; a refused hold ends it, and is raised."""
    try:
        held = _hold(actor, booking, card)
    except HubError as refusal:
        with work(REGION, actor=actor) as unit:
            rights.return_unused(booking.id)
            advance(unit, booking.id, Input.HOLD_REFUSED, Facts(reason=refusal.text))
        raise
    with work(REGION, actor=actor) as unit:
        row = lock(booking.id)
        if row is None:
            raise LookupError(f"booking {booking.id} vanished")
        if row.state == State.NEW:
            advance_locked(unit, row, Input.HELD, Facts(sequence=held.sequence))
        else:
            unit.audit("booking.held", target=f"booking:{booking.id}", outcome="repeat")
        view = booking_view(row)
        if command is not None:
            unit.answer(command, {"booking": str(row.id)})
    return view


def _hold(actor: Actor, booking: Booking, card: IdentityCard) -> Held:
    """The hold, begun anew where another booking of the person took the same place among his at the same instant."""
    request = HoldRequest(
        booking_id=booking.id,
        person_id=booking.person_id,
        number_id=booking.number_id,
        starts_at=booking.starts_at,
        deadline=clock.now() + LOCK_PATIENCE,
        lock_first=booking.his_locked,
        at_once=booking.fee_fen == 0 or booking.pay_on_day,
        replaces=booking.replaces,
        quote=booking.pricing == Pricing.AWAITED,
        fee_fen=booking.fee_fen if booking.pricing == Pricing.REVISIT else None,
        channel=Channel(booking.channel),
    )
    for _ in range(HOLD_TRIES):
        try:
            with work(booking.institution_code, actor=actor) as unit:
                return holding.hold(unit, request, patient_identity(card))
        except PlaceRaced:
            request = replace(request, again=True)
        except HeldAlready:
            return _held(booking)
    raise PlaceRaced


def _held(booking: Booking) -> Held:
    with hospital(booking.institution_code, read_only=True):
        held = holding.held(booking.id)
    if held is None:
        raise LookupError(f"the hold of {booking.id} vanished")
    return held


def patient_identity(card: IdentityCard) -> PatientIdentity:
    """The card in the terms of the hospital's archives."""
    return PatientIdentity(
        name=card.name,
        document_type=card.document_type,
        document_number=card.document_number,
        phone=card.phone,
        sign_in_phone=card.sign_in_phone,
        sex=card.sex,
        birth_date=card.birth_date,
    )


def resume(booking_id: UUID) -> BookingView | None:
    """Take up a booking that a crash left NEW: its hold is repeated under the same id, never decided anew."""
    with region(read_only=True):
        booking = Booking.objects.filter(id=booking_id, state=State.NEW).first()
        if booking is None:
            return None
        card = identity.findable(identity.identity_of(booking.person_id, account_id=booking.account_id))
    try:
        return hold_and_order(SWEEPER, booking, card, None)
    except HubError:
        return None


def cancel_booking(*, actor: Actor, booking_id: UUID, reason: str, command: Command | None = None) -> BookingView:
    """Cancel: an unpaid hold closes its order first, a booked number asks the hospital first, money follows by itself.

    Raises BookingNotFound, CannotCancel (over, visited, or past the hospital's cut-off; the text says which).
    """
    booking = access.own_booking(actor, booking_id)
    institution = registry.institution(booking.institution_code)
    until = institution.rule_at("cancel_until_minutes", booking.created_at)
    cutoff = booking.starts_at - timedelta(minutes=until)
    if booking.state == State.BOOKED and clock.now() > cutoff:
        raise CannotCancel(gettext("就诊前 %(until)s 分钟内不能线上取消，请联系医院窗口。") % {"until": until})
    with work(REGION, actor=actor) as unit:
        if command is not None and not unit.claim(command, reference=str(booking_id)).new:
            return booking_view(booking)
        try:
            row = advance(unit, booking_id, Input.CANCEL_ASKED, Facts(reason=reason))
        except NotAllowed as refusal:
            raise CannotCancel(str(refusal)) from refusal
        if row is None:
            raise CannotCancel
        view = booking_view(row)
        if command is not None:
            unit.answer(command, {"booking": str(booking_id)})
    rush.given_back(actor, booking.person_id, booking.session_id)
    return view


def register_booking(*, actor: Actor, booking_id: UUID, command: Command | None = None) -> BookingView:
    """去挂号: on the visit day, open the one order of a booking that stands unpaid (JA-APPT-03, -06, -07).

    Raises BookingNotFound, CannotRegister with the reason in words.
    """
    access.own_booking(actor, booking_id)
    with work(REGION, actor=actor) as unit:
        if command is not None and not unit.claim(command, reference=str(booking_id)).new:
            return booking_view(access.own_booking(actor, booking_id))
        row = lock(booking_id)
        if row is None:
            raise CannotRegister
        reason = why_not_registrable(row, unit.now)
        if reason:
            raise CannotRegister(reason)
        if row.order_id is None:
            open_order(unit, row, register_cutoff(row))
            row.save(update_fields=["order_id", "pay_deadline"])
        unit.audit("booking.register_asked", target=f"booking:{booking_id}")
        if command is not None:
            unit.answer(command, {"booking": str(booking_id)})
        return booking_view(row)


def check_in(*, actor: Actor, booking_id: UUID, position: Position | None = None) -> BookingView:
    """The patient says that he is there, in a way the hospital allows; BookingNotFound, CannotCheckIn or NotHere."""
    booking = access.own_booking(actor, booking_id)
    settled = booking.settlement in SETTLED
    if booking.state != State.BOOKED or booking.visit_date != clock.today() or not settled:
        raise CannotCheckIn
    way = require_here(booking.institution_code, position)
    with work(booking.institution_code, actor=actor) as unit:
        appointments.mark_present(unit, booking_id)
        unit.audit("booking.checked_in", target=f"booking:{booking_id}", detail={"way": way})
    return booking_view(booking)


def sweep(limit: int = 200) -> int:
    """Move every booking whose time has come: stuck starts, unanswered quotes, deadlines, cut-offs; how many."""
    due = list(Booking.objects.filter(due_at__lte=clock.now()).order_by("due_at").values_list("id", "state")[:limit])
    for booking_id, state in due:
        if state == State.NEW:
            resume(booking_id)
        else:
            _deadline(booking_id)
    return len(due)


def _deadline(booking_id: UUID) -> None:
    with work(REGION, actor=SWEEPER) as unit:
        booking = lock(booking_id)
        if booking is None or booking.due_at is None or booking.due_at > unit.now:
            unit.audit("booking.deadline", target=f"booking:{booking_id}", outcome="nothing_due")
            return
        what = _what_is_due(booking)
        advance_locked(unit, booking, what, Facts(reason=_DUE_REASONS.get(what, "")))


_DUE_REASONS = {
    Input.PAY_DEADLINE: "超时未支付",
    Input.HARD_DEADLINE: "等待超时",
    Input.CUTOFF_RELEASE: "未在截止时间前线上挂号，号已释放",
}


def _what_is_due(booking: Booking) -> Input:
    match booking.state:
        case State.AWAITING_PAYMENT:
            return Input.PAY_DEADLINE
        case State.LOCKING if awaits_only_quote(booking):
            return Input.UNQUOTED
        case State.BOOKED if registry.institution(booking.institution_code).releases_at_cutoff:
            return Input.CUTOFF_RELEASE
        case State.BOOKED:
            return Input.CUTOFF_WINDOW
        case _:
            return Input.HARD_DEADLINE
