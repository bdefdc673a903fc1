"""改约: another number instead of the one booked, at the same hospital and department (process/twins.py has the rules).

Begun like any booking, and resumed like any: its three transactions are `services.create_booking`'s. The old booking
only learns in the first that it may be left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.errors import NotFound
from hub.ids import uuid7
from hub.tenancy.scope import REGION
from hub.work import Command, Unit, work
from regional_services.booking import access, changes, reservations, rush, services
from regional_services.booking.errors import CannotReschedule, QueueFirst, SessionClosed
from regional_services.booking.models import Booking, Moving, Settlement, State
from regional_services.booking.selectors import BookingView, booking_view
from regional_services.booking.steps import lock, store
from regional_services.catalog.bookable import BookableSession, bookable_session
from regional_services.identity import access as identity_access
from regional_services.identity.purposes import BOOKING as BOOKING_PURPOSE
from tenants.registry import selectors as registry
from tenants.registry.functions import BOOKING as BOOKING_FUNCTION
from tenants.registry.selectors import InstitutionView


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlace:
    """The number a resident wants instead, at the time the page showed for it."""

    session_id: UUID
    number_id: UUID
    starts_at: datetime
    ends_at: datetime


def reschedule(*, actor: Actor, booking_id: UUID, place: NewPlace, command: Command) -> BookingView:
    """Begin to move a booked visit; returns the new booking as it stands (`replaces` names the old one).

    The old number is given back when the hospital has registered the new one; until then, and whatever fails, it stays.
    Repeating the command gives the same booking. Raises BookingNotFound, CannotReschedule (in words), and whatever a
    new booking may be refused for; then nothing has changed.
    """
    known = access.own_booking(actor, booking_id)
    institution = registry.institution(known.institution_code)
    institution.require(BOOKING_FUNCTION)
    if place.starts_at <= clock.now():
        raise SessionClosed
    admitted = rush.enter(actor, institution, person_id=known.person_id, session_id=place.session_id)
    new_id = uuid7()
    with work(REGION, actor=actor) as unit:
        claim = unit.claim(command, reference=str(new_id))
        if claim.new:
            _, card = identity_access.card_for(actor, known.person_id, BOOKING_PURPOSE)
            old = _movable(booking_id, unit.now)
            booking = _successor(new_id, old, place, unit)
            reservations.take(unit, booking)
            store(unit, booking)
            _leave(old, booking)
            unit.audit(
                "booking.reschedule_asked",
                target=f"booking:{new_id}",
                detail={"hospital": known.institution_code, "replaces": str(booking_id)},
            )
    if not claim.new:
        return services.repeated(actor, UUID(claim.reference))
    view = services.hold_and_order(actor, booking, card, command)
    if admitted:
        rush.book_done(actor, known.institution_code, place.session_id)
    return view


def why_not(booking: Booking, now: datetime) -> str:
    """Why this booking can't be moved now, in words; empty when it can."""
    institution = registry.institution(booking.institution_code)
    times = institution.rule_at("reschedule_times", booking.created_at)
    until = institution.rule_at("reschedule_until_minutes", booking.created_at)
    if not times:
        return gettext("本院不支持线上改约，请取消后重新预约。")
    if booking.state != State.BOOKED or booking.replaced_by is not None or booking.moving == Moving.TAKING:
        return gettext("只有已预约成功的号可以改约。")
    if booking.pay_on_day and booking.settlement == Settlement.PAID:
        return gettext("已挂号缴费的当天号，请到医院窗口办理改约。")
    if booking.moved_times >= times:
        return gettext("这次预约已改过 %(times)s 次，不能再改；可以取消后重新预约。") % {"times": booking.moved_times}
    if now > booking.starts_at - timedelta(minutes=until):
        return gettext("就诊前 %(until)s 分钟内不能线上改约，请联系医院窗口。") % {"until": until}
    if booking.settlement not in {Settlement.FREE, Settlement.UNPAID, Settlement.PAID}:
        return gettext("退款正在办理，现在不能改约。")
    return ""


def _movable(booking_id: UUID, now: datetime) -> Booking:
    """The booking, locked until the transaction ends; CannotReschedule when it may not be moved."""
    booking = lock(booking_id)
    if booking is None:
        raise NotFound
    reason = why_not(booking, now)
    if reason:
        raise CannotReschedule(reason)
    return booking


def _successor(new_id: UUID, old: Booking, place: NewPlace, unit: Unit) -> Booking:
    """The row of the booking that is to take the old one's place."""
    institution = registry.institution(old.institution_code)
    session = _session(old, place, institution)
    wish = services.BookingWish(
        institution=old.institution_code,
        person_id=old.person_id,
        session_id=place.session_id,
        number_id=place.number_id,
        starts_at=place.starts_at,
        ends_at=place.ends_at,
    )
    booking = services.draft(new_id, old.account_id, wish, institution, session, unit.now)
    booking.moving = Moving.TAKING
    booking.moved_times = old.moved_times + 1
    booking.replaces = old.id
    booking.chain = old.chain or old.id
    if old.settlement == Settlement.PAID:
        booking.pay_on_day = False  # his money is there already
        booking.carried_fen = old.fee_fen - changes.given_back(old.id)
    return booking


def _session(old: Booking, place: NewPlace, institution: InstitutionView) -> BookableSession:
    session = bookable_session(
        old.institution_code, place.session_id, person_id=old.person_id, revisit_days=institution.revisit_days
    )
    if session is None:
        raise SessionClosed
    if session.department_id != old.department_id:
        raise CannotReschedule(gettext("改约只能在同一科室内；换科室请另外预约。"))
    if session.session_id == old.session_id:
        raise CannotReschedule(gettext("医院系统里同一场门诊每人只能挂一个号；同场换时间请取消后再约。"))
    if session.queued:
        raise QueueFirst
    return session


def _leave(old: Booking, new: Booking) -> None:
    """From here on the two belong together, until either says that it came to nothing."""
    old.replaced_by, old.lent_fen, old.chain = new.id, new.carried_fen, new.chain
    old.save(update_fields=["replaced_by", "lent_fen", "chain"])


def successor_of(booking: Booking) -> BookingView | None:
    """The booking that takes, or took, this one's place. One query where there is one."""
    found = Booking.objects.filter(id=booking.replaced_by).first() if booking.replaced_by else None
    return booking_view(found) if found else None


def predecessor_of(booking: Booking) -> BookingView | None:
    """The booking whose place this one takes, or took. One query where there is one."""
    found = Booking.objects.filter(id=booking.replaces).first() if booking.replaces else None
    return booking_view(found) if found else None
