"""Referring a resident: the wish is stored at the hospital that refers, and carried out between the worlds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.actor import Actor, ActorKind
from hub.errors import Conflict, HubError, InvalidInput, NotSignedIn
from hub.ids import uuid7
from hub.outbox.events import Temporary
from hub.security.permissions import require
from hub.tenancy.scope import REGION, hospital, region
from hub.work import Command, work
from regional_services.booking import desk
from regional_services.booking import selectors as bookings
from regional_services.booking.errors import SessionClosed
from regional_services.booking.models import State as BookingState
from regional_services.booking.services import BookingWish
from regional_services.catalog import referable
from regional_services.referrals import following
from regional_services.referrals.errors import ShareGone, TimeGone
from regional_services.referrals.events import ReferralAsked
from regional_services.referrals.models import Referral, State
from regional_services.referrals.permissions import REFER
from tenants.patients import contracts
from tenants.patients.contracts import ContractView
from tenants.patients.errors import NotSigned
from tenants.patients.selectors import PatientView
from tenants.registry import selectors as registry
from tenants.registry.functions import BOOKING as BOOKING_FUNCTION
from tenants.scheduling import steps as scheduling
from tenants.scheduling.errors import NumberBusy, SoldOut
from tenants.scheduling.models import Channel
from tenants.scheduling.steps import ClaimedNumber

NOTE_LONGEST = 300
_UNSERVED = 500  # the hospital is being moved or repaired: it has not refused
_ON_ITS_WAY = (BookingState.NEW, BookingState.LOCKING, BookingState.CONFIRMING, BookingState.CLOSING)
_NOT_MADE = (BookingState.FAILED, BookingState.EXPIRED, BookingState.STOPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralWish:
    """Whom to refer (a patient of the referring hospital), to which number of a session elsewhere, and why.

    `start`: when the chosen number begins, None if nothing was chosen. `agreed`: the resident was told the hospital,
    the time and what it costs, and wants it.
    """

    patient: PatientView
    session_id: UUID
    start: datetime | None
    note: str
    agreed: bool


def refer(*, actor: Actor, hospital: str, wish: ReferralWish, command: Command) -> UUID:
    """Ask for a number of another hospital's referral share; the referral's id, which becomes the booking's.

    Repeating the command gives the same referral. Raises InvalidInput, NotSigned, ShareGone, TimeGone, FunctionOff.
    """
    require(actor, REFER)
    if actor.id is None:
        raise NotSignedIn
    note = wish.note.strip()
    problems = {} if 4 <= len(note) <= NOTE_LONGEST else {"note": "请写明转诊原因（4 到 300 字），接诊医生会看到。"}
    if not wish.agreed:
        problems["agreed"] = "请先告知患者转往的医院、时间和费用，并征得同意。"
    if wish.start is None:
        problems["start"] = "请选择就诊时间。"
    if problems or wish.start is None:
        raise InvalidInput(fields=problems)
    contract = _contract(hospital, wish.patient.person_id)
    referral_id = uuid7()
    with work(REGION, actor=actor) as unit:
        claim = unit.claim(command, reference=str(referral_id))
        if not claim.new:
            return UUID(claim.reference)
        chosen = referable.opening(wish.session_id)
        if chosen is None or chosen.institution_code == hospital:
            raise ShareGone
        if wish.start not in chosen.starts:
            raise TimeGone
        registry.institution(chosen.institution_code).require(BOOKING_FUNCTION)
        Referral.objects.create(
            id=referral_id,
            institution_code=hospital,
            person_id=wish.patient.person_id,
            archive_id=wish.patient.archive_id,
            to_code=chosen.institution_code,
            session_id=chosen.session_id,
            department_name=chosen.department_name,
            doctor_name=chosen.doctor_name,
            visit_date=chosen.date,
            wanted_at=wish.start,
            fee_fen=chosen.fee_fen,
            family_doctor=contract.doctor_name,
            note=note,
            asked_by=actor.id,
            asked_by_name=actor.name[:60],
            asked_at=unit.now,
        )
        detail = {"to": chosen.institution_code, "person": str(wish.patient.person_id), "agreed": True}
        unit.audit("referrals.asked", target=f"booking:{referral_id}", detail=detail)
        unit.publish(ReferralAsked(referral_id=referral_id))
        unit.answer(command, {"referral": str(referral_id)})
        return referral_id


def _contract(code: str, person_id: UUID) -> ContractView:
    with hospital(code, read_only=True):
        found = contracts.contract_of(person_id)
    if found is None:
        raise NotSigned
    return found


def carry_out(referral_id: UUID) -> None:
    """Claim a number there, book it, say what came of it. A repeat goes on where an earlier attempt stopped."""
    with region(read_only=True):
        row = Referral.objects.get(id=referral_id)
        known = bookings.state_of(referral_id)
    if row.state != State.ASKED:
        return
    # Who refers acts at the other hospital for this one act: its rows name him and where he works.
    actor = Actor(
        kind=ActorKind.STAFF,
        id=row.asked_by,
        name=f"{row.asked_by_name}（{registry.institution(row.institution_code).short_name}）"[:60],
        institution=row.to_code,
    )
    try:
        if known in (None, BookingState.NEW):
            _book(actor, row)
        _require_made(row.id)
    except NumberBusy as busy:
        raise Temporary("others claim numbers of this session at the moment", retry_after=1) from busy
    except SoldOut:
        _end(actor, row, TimeGone.text)
    except HubError as refusal:
        if refusal.status >= _UNSERVED:
            raise Temporary(refusal.code, retry_after=5) from refusal
        _give_back(actor, row)
        _end(actor, row, refusal.text)
    else:
        _end(actor, row, "")


def _require_made(booking_id: UUID) -> None:
    """The booking stands, or stood; Conflict with its reason, Temporary while that hospital's own system decides."""
    with region(read_only=True):
        made = bookings.view_of(booking_id)
    if made.state in _ON_ITS_WAY:
        raise Temporary("the hospital's own system has not answered yet", retry_after=2)
    if made.state in _NOT_MADE:
        raise Conflict(made.reason or SessionClosed.text)


def _book(actor: Actor, row: Referral) -> None:
    with work(row.to_code, actor=actor) as unit:
        number = scheduling.claim_any(
            unit, session_id=row.session_id, holder=row.id, start=row.wanted_at, channel=Channel.FAMILY
        )
        unit.audit("referrals.held", target=f"booking:{row.id}", detail={"number": str(number.number_id)})
    with hospital(row.to_code, read_only=True):
        session = desk.session_here(row.session_id)
    desk.make(actor, row.id, _wish(row, number), session, channel=Channel.FAMILY)


def _wish(row: Referral, number: ClaimedNumber) -> BookingWish:
    return BookingWish(
        institution=row.to_code,
        person_id=row.person_id,
        session_id=row.session_id,
        number_id=number.number_id,
        starts_at=number.start,
        ends_at=number.end,
    )


def _give_back(actor: Actor, row: Referral) -> None:
    """What was claimed for a booking that did not come to be."""
    with work(row.to_code, actor=actor) as unit:
        released = scheduling.release_number(unit, holder=row.id)
        unit.audit("referrals.given_back", target=f"booking:{row.id}", detail={"released": released})


def _end(actor: Actor, row: Referral, refusal: str) -> None:
    """The row is locked before the booking is read: whatever changes afterwards finds a referral that is done."""
    with work(REGION, actor=actor) as unit:
        waiting = Referral.objects.select_for_update().filter(id=row.id, state=State.ASKED).first()
        if waiting is not None and refusal:
            waiting.state, waiting.reason, waiting.ended_at = State.REFUSED, refusal[:120], unit.now
            waiting.save(update_fields=["state", "reason", "ended_at"])
        elif waiting is not None:
            following.begin(unit, waiting)
        unit.audit(
            "referrals.ended", target=f"booking:{row.id}", outcome="refused" if refusal else "success", reason=refusal
        )
