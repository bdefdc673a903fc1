"""The clock's part: numbers that fell free are offered to the first in line, unanswered offers pass on.

An offer is three transactions: the place is marked (public), a number is claimed under the offer's id (hospital), the
place learns which (public) and its owner is told. A crash between two leaves a row that the sweep takes up under the
same id.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from hub import clock
from hub.actor import system_actor
from hub.errors import HubError
from hub.ids import uuid7
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.booking import selectors as bookings
from regional_services.booking.models import State as BookingState
from regional_services.catalog import posts
from regional_services.waitlist.events import OfferEnded
from regional_services.waitlist.messages import tell
from regional_services.waitlist.models import Entry, State
from tenants.registry import selectors as registry
from tenants.registry.functions import BOOKING as BOOKING_FUNCTION
from tenants.scheduling import steps as scheduling
from tenants.scheduling.errors import NumberBusy, SoldOut
from tenants.scheduling.steps import ClaimedNumber

SWEEPER = system_actor("waitlist-sweep")
STUCK_AFTER = timedelta(seconds=5)
BATCH = 200


def lock(entry_id: UUID) -> Entry:
    """The place's row, locked until the transaction ends."""
    return Entry.objects.select_for_update().get(id=entry_id)


def move(unit: Unit, entry: Entry, state: State, *, due_at: datetime | None = None, reason: str = "") -> None:
    """The place stands otherwise from now on."""
    entry.state, entry.due_at, entry.updated_at = state, due_at, unit.now
    entry.reason = reason or entry.reason
    entry.save()
    unit.audit(f"waitlist.{state}", target=f"waitlist:{entry.id}", detail={"session": str(entry.session_id)})


def sweep() -> int:
    """End what is due, then offer what is free; how many places moved."""
    due = list(Entry.objects.filter(due_at__lte=clock.now()).order_by("due_at").values_list("id", "state")[:BATCH])
    for entry_id, state in due:
        if state == State.OFFERING:
            _carry_on(entry_id)
        elif state == State.TAKEN:
            settle(entry_id)
        else:
            _end_due(entry_id)
    return len(due) + sum(_offer_all(code, session_id) for code, session_id in _with_numbers())


def _with_numbers() -> list[tuple[str, UUID]]:
    """Sessions for which people wait and the catalogue shows numbers. Two queries."""
    with region(read_only=True):
        rows = Entry.objects.filter(state=State.WAITING).order_by("session_id")
        waited = list(rows.distinct().values_list("institution_code", "session_id"))
        free = posts.with_numbers([session_id for _, session_id in waited]) if waited else set()
    return [pair for pair in waited if pair[1] in free][:BATCH]


def _offer_all(code: str, session_id: UUID) -> int:
    """Offer numbers of this session until there is none, or nobody; how many were offered."""
    if not registry.institution(code).is_on(BOOKING_FUNCTION):
        return 0
    offered = 0
    while True:
        entry_id = _next_in_line(session_id)
        if entry_id is None or not _carry_on(entry_id):
            return offered
        offered += 1


def _next_in_line(session_id: UUID) -> UUID | None:
    """Mark the first in line; None when nobody waits, or an offer of this session is under way elsewhere."""
    with work(REGION, actor=SWEEPER) as unit:
        unit.audit("waitlist.looked", target=f"session:{session_id}")
        line = Entry.objects.select_for_update().filter(session_id=session_id, state=State.WAITING)
        for entry in line.order_by("id"):
            if _has_number(entry):
                move(unit, entry, State.LEFT, reason="已有这个门诊的预约")
                continue
            entry.offer_id = uuid7()
            try:
                with transaction.atomic():
                    move(unit, entry, State.OFFERING, due_at=unit.now + STUCK_AFTER)
            except IntegrityError:
                return None
            return UUID(str(entry.id))
    return None


def _has_number(entry: Entry) -> bool:
    return bookings.is_at(entry.person_id, entry.session_id, besides=entry.instead_of)


def _carry_on(entry_id: UUID) -> bool:
    """Claim a number for a marked place and tell its owner; False when there was none and it waits on."""
    with region(read_only=True):
        entry = Entry.objects.get(id=entry_id)
    if entry.state != State.OFFERING or entry.offer_id is None:
        return False
    try:
        with work(entry.institution_code, actor=SWEEPER) as unit:
            number = scheduling.claim_any(unit, session_id=entry.session_id, holder=entry.offer_id)
            unit.audit("waitlist.held", target=f"offer:{entry.offer_id}", detail={"number": str(number.number_id)})
    except (SoldOut, NumberBusy):
        _wait_on(entry_id, entry.offer_id)
        return False
    except HubError:
        return False  # the hospital is being moved or repaired: the place stays marked, the sweep comes again
    return _offered(entry_id, entry.offer_id, number)


def _wait_on(entry_id: UUID, offer_id: UUID) -> None:
    with work(REGION, actor=SWEEPER) as unit:
        row = lock(entry_id)
        if row.state == State.OFFERING and row.offer_id == offer_id:
            row.offer_id = None
            move(unit, row, State.WAITING, due_at=row.until)
        else:
            unit.audit("waitlist.waiting", target=f"waitlist:{entry_id}", outcome="repeat")


def _offered(entry_id: UUID, offer_id: UUID, number: ClaimedNumber) -> bool:
    """The place learns its number. A claim that came after the place had gone on without it is given back."""
    with work(REGION, actor=SWEEPER) as unit:
        row = lock(entry_id)
        same = row.offer_id == offer_id
        if row.state == State.OFFERING and same:
            row.number_id, row.sequence = number.number_id, number.sequence
            row.starts_at, row.ends_at = number.start, number.end
            row.fee_fen = number.fee_fen
            row.offer_until = min(unit.now + timedelta(minutes=settings.HUB_WAITLIST_OFFER_MINUTES), number.start)
            move(unit, row, State.OFFERED, due_at=row.offer_until)
            tell(unit, row, "waitlist.reopened" if row.instead_of else "waitlist.offered")
            return True
        unit.audit("waitlist.offered", target=f"waitlist:{entry_id}", outcome="repeat")
        if not (same and row.state in {State.OFFERED, State.TAKEN}):
            unit.publish(OfferEnded(hospital=row.institution_code, offer_id=offer_id))
    return False


def _end_due(entry_id: UUID) -> None:
    """The deadline of a place, or of its offer, is past."""
    with work(REGION, actor=SWEEPER) as unit:
        row = lock(entry_id)
        if row.due_at is None or row.due_at > unit.now or row.state not in {State.WAITING, State.OFFERED}:
            unit.audit("waitlist.due", target=f"waitlist:{entry_id}", outcome="nothing_due")
        elif row.state == State.OFFERED:
            _end(unit, row, State.PASSED, "未在保留时间内确认，号已给下一位")
        else:
            _end(unit, row, State.ENDED, "到候补截止时间仍没有空号")


def _end(unit: Unit, row: Entry, state: State, reason: str) -> None:
    """End a place, give back what is held for it, tell its owner."""
    if row.state == State.OFFERED and row.offer_id is not None:
        unit.publish(OfferEnded(hospital=row.institution_code, offer_id=row.offer_id))
    move(unit, row, state, reason=reason)
    tell(unit, row, "waitlist.passed" if state is State.PASSED else "waitlist.ended")


def settle(entry_id: UUID) -> None:
    """An accepted offer whose booking did not come to be gives its number back."""
    with work(REGION, actor=SWEEPER) as unit:
        row = lock(entry_id)
        state = bookings.state_of(row.offer_id) if row.offer_id else None
        if row.state != State.TAKEN or row.due_at is None or state is None or row.offer_id is None:
            unit.audit("waitlist.settled", target=f"waitlist:{entry_id}", outcome="repeat")
            return
        if state is BookingState.NEW:
            move(unit, row, State.TAKEN, due_at=unit.now + STUCK_AFTER)
            return
        if state is BookingState.FAILED:
            unit.publish(OfferEnded(hospital=row.institution_code, offer_id=row.offer_id))
        move(unit, row, State.TAKEN)


def end_sessions(unit: Unit, session_ids: Iterable[UUID]) -> int:
    """Nobody waits for these sessions any more; how many were told."""
    rows = Entry.objects.select_for_update().filter(
        session_id__in=list(session_ids), state__in=(State.WAITING, State.OFFERED)
    )
    return _end_all(unit, rows.order_by("id"))


def end_offers(unit: Unit, offer_ids: Iterable[UUID]) -> int:
    """The numbers of these offers were stopped; how many were told."""
    rows = Entry.objects.select_for_update().filter(offer_id__in=list(offer_ids), state=State.OFFERED)
    return _end_all(unit, rows.order_by("id"))


def _end_all(unit: Unit, rows: Iterable[Entry]) -> int:
    ended = 0
    for row in rows:
        _end(unit, row, State.ENDED, "门诊停诊")
        ended += 1
    return ended
