"""What residents do on the waiting list: join, accept an offer, leave."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.ids import uuid7
from hub.tenancy.scope import REGION, hospital
from hub.work import Command, work
from regional_services.booking import reservations
from regional_services.booking import selectors as bookings
from regional_services.booking.errors import NoShowBlocked, SessionClosed
from regional_services.booking.selectors import BookingView
from regional_services.booking.services import BookingWish, draft, hold_and_order
from regional_services.booking.steps import store
from regional_services.catalog import offers
from regional_services.catalog import selectors as catalog
from regional_services.catalog.bookable import bookable_session
from regional_services.catalog.selectors import SessionCard
from regional_services.identity import access as identity_access
from regional_services.identity.purposes import BOOKING as BOOKING_PURPOSE
from regional_services.noshow import selectors as noshows
from regional_services.waitlist import offering
from regional_services.waitlist.errors import AlreadyIn, NotOpen, OfferGone, OfferUnderWay, StillFree, TooMany
from regional_services.waitlist.events import OfferEnded
from regional_services.waitlist.models import OPEN, Entry, State
from regional_services.waitlist.selectors import EntryView, is_queued, own_entry, view_of
from tenants.registry import selectors as registry
from tenants.registry.functions import BOOKING as BOOKING_FUNCTION
from tenants.scheduling import selectors as scheduling
from tenants.scheduling.models import SessionState

LAST_CALL = timedelta(hours=1)  # before a session's end: who is offered a number later can hardly come
EVENING = time(20)
_TRIES = 3  # two joins of one person at the same instant want the same ordinal


class Until(StrEnum):
    """How long a resident wants to wait."""

    VISIT = "visit"
    EVE = "eve"


def deadline_of(card: SessionCard, until: Until) -> datetime | None:
    """When waiting ends: an hour before the session does, or at eight in the evening before; None when it is past."""
    if card.last_end is None:
        return None
    last = card.last_end - LAST_CALL
    if until is Until.EVE:
        last = min(last, clock.at(card.date - timedelta(days=1), EVENING))
    return last if last > clock.now() else None


def may_join(card: SessionCard) -> bool:
    """Whether waiting for this session makes sense: open, released, and time enough."""
    return card.state == SessionState.OPEN and card.is_released and deadline_of(card, Until.VISIT) is not None


def join(
    *, actor: Actor, institution: str, person_id: UUID, session_id: UUID, until: Until, command: Command
) -> EntryView:
    """Take a place in line for a full session. Repeating the command gives the same place.

    Raises NotFound (person, session), RealNameNeeded, NotOpen, StillFree, AlreadyIn, NoShowBlocked, TooMany.
    """
    registry.institution(institution).require(BOOKING_FUNCTION)
    entry_id = uuid7()
    has_numbers = _has_numbers(institution, session_id)
    with work(REGION, actor=actor) as unit:
        claim = unit.claim(command, reference=str(entry_id))
        if not claim.new:
            return view_of(own_entry(actor, UUID(claim.reference)))
        patient = identity_access.patient_for(actor, person_id, BOOKING_PURPOSE)
        card = catalog.session(session_id)
        department = catalog.department(card.department_id)
        offers.require_fit(department.service, patient.birth_date, card.date)
        last = deadline_of(card, until) if card.institution_code == institution and may_join(card) else None
        if last is None:
            raise NotOpen
        if has_numbers and not is_queued(session_id):
            raise StillFree
        if bookings.is_at(person_id, session_id):
            raise AlreadyIn
        until_blocked = noshows.blocked_until(person_id, institution)
        if until_blocked is not None:
            raise NoShowBlocked(until=until_blocked)
        entry = Entry(
            id=entry_id,
            institution_code=institution,
            account_id=patient.account_id,
            person_id=person_id,
            session_id=session_id,
            department_name=department.name,
            doctor_name=card.doctor_name,
            visit_date=card.date,
            fee_fen=card.fee_fen,
            until=last,
            due_at=last,
            joined_at=unit.now,
            updated_at=unit.now,
        )
        insert(entry)
        unit.audit("waitlist.joined", target=f"waitlist:{entry_id}", detail={"session": str(session_id)})
        unit.answer(command, {"entry": str(entry_id)})
        return view_of(entry)


def _has_numbers(institution: str, session_id: UUID) -> bool:
    """Whether the hospital's own rows show a number to book: the catalogue is a second behind."""
    with hospital(institution, read_only=True):
        return scheduling.any_free(session_id)


def insert(entry: Entry) -> None:
    """Store the place under the person's next free ordinal; AlreadyIn, TooMany."""
    for _ in range(_TRIES):
        used = set(Entry.objects.filter(person_id=entry.person_id, state__in=OPEN).values_list("ordinal", flat=True))
        free = next((place for place in range(1, settings.HUB_WAITLIST_OPEN + 1) if place not in used), None)
        if free is None:
            raise TooMany
        entry.ordinal = free
        try:
            with transaction.atomic():
                entry.save(force_insert=True)
        except IntegrityError as problem:
            if "uq_waitlist_person_session" in str(problem):
                raise AlreadyIn from problem
            continue
        return
    raise TooMany


def accept(*, actor: Actor, entry_id: UUID) -> BookingView:
    """Book the number that is held for this place; a repeat gives the same booking.

    Raises EntryNotFound, OfferGone, NoShowBlocked, TimeTaken or DayLimit (the offer stands), SessionClosed, or what a
    hold raises (then the number is given back).
    """
    entry = own_entry(actor, entry_id)
    institution = registry.institution(entry.institution_code)
    institution.require(BOOKING_FUNCTION)
    with work(REGION, actor=actor) as unit:
        row = offering.lock(entry_id)
        if row.state == State.TAKEN and row.offer_id is not None:
            unit.audit("waitlist.accepted", target=f"waitlist:{entry_id}", outcome="repeat")
            return bookings.view_of(row.offer_id)
        wish = _wish(row, unit.now)
        patient, card = identity_access.card_for(actor, row.person_id, BOOKING_PURPOSE)
        session = bookable_session(
            row.institution_code, row.session_id, person_id=row.person_id, revisit_days=institution.revisit_days
        )
        if session is None or row.offer_id is None:
            raise SessionClosed
        if session.blocked_until is not None:
            raise NoShowBlocked(until=session.blocked_until)
        booking = draft(row.offer_id, patient.account_id, wish, institution, session, unit.now)
        reservations.take(unit, booking)
        store(unit, booking)
        offering.move(unit, row, State.TAKEN, due_at=unit.now + offering.STUCK_AFTER)
        unit.audit("booking.created", target=f"booking:{booking.id}", detail={"waitlist": str(entry_id)})
    try:
        return hold_and_order(actor, booking, card, None)
    except HubError:
        offering.settle(entry_id)
        raise


def _wish(row: Entry, now: datetime) -> BookingWish:
    """The offer as a wish; OfferGone when there is none in force."""
    if row.state != State.OFFERED or row.offer_until is None or row.offer_until <= now:
        raise OfferGone
    if row.number_id is None or row.starts_at is None or row.ends_at is None:
        raise OfferGone
    return BookingWish(
        institution=row.institution_code,
        person_id=row.person_id,
        session_id=row.session_id,
        number_id=row.number_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )


def leave(*, actor: Actor, entry_id: UUID) -> EntryView:
    """Give the place back, and the number with it where one is held; a repeat changes nothing.

    Raises EntryNotFound, OfferUnderWay (a number is being held at this moment).
    """
    own_entry(actor, entry_id)
    with work(REGION, actor=actor) as unit:
        row = offering.lock(entry_id)
        if row.state == State.OFFERING:
            raise OfferUnderWay
        if row.state == State.OFFERED and row.offer_id is not None:
            unit.publish(OfferEnded(hospital=row.institution_code, offer_id=row.offer_id))
        if row.state in OPEN:
            offering.move(unit, row, State.LEFT)
        else:
            unit.audit("waitlist.left", target=f"waitlist:{entry_id}", outcome="repeat")
        return view_of(row)
