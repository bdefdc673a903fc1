"""Looking at the waiting list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub.actor import Actor, ActorKind
from regional_services.identity import access as identity_access
from regional_services.identity import purposes
from regional_services.waitlist.errors import EntryNotFound
from regional_services.waitlist.models import OPEN, Entry, State


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A place in line as pages and the API show it; `ahead` is None once it is not waiting any more."""

    id: UUID
    institution_code: str
    person_id: UUID
    session_id: UUID
    department_name: str
    doctor_name: str
    visit_date: date
    fee_fen: int
    state: State
    until: datetime
    reason: str
    ahead: int | None
    booking_id: UUID | None
    sequence: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    offer_until: datetime | None
    joined_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self.state in OPEN


def view_of(row: Entry) -> EntryView:
    """The value of a row. One query while it waits: how many are before it."""
    ahead = None
    if row.state == State.WAITING:
        ahead = Entry.objects.filter(session_id=row.session_id, state=State.WAITING, id__lt=row.id).count()
    return _view(row, ahead)


def _view(row: Entry, ahead: int | None) -> EntryView:
    return EntryView(
        id=row.id,
        institution_code=row.institution_code,
        person_id=row.person_id,
        session_id=row.session_id,
        department_name=row.department_name,
        doctor_name=row.doctor_name,
        visit_date=row.visit_date,
        fee_fen=row.fee_fen,
        state=State(row.state),
        until=row.until,
        reason=row.reason,
        ahead=ahead,
        booking_id=row.offer_id if row.state == State.TAKEN else None,
        sequence=row.sequence,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        offer_until=row.offer_until,
        joined_at=row.joined_at,
    )


def own_entry(actor: Actor, entry_id: UUID) -> Entry:
    """A place this resident took, or one of a person he may act for; EntryNotFound otherwise."""
    row = Entry.objects.filter(id=entry_id).first()
    if row is None or actor.id is None or actor.kind is not ActorKind.RESIDENT:
        raise EntryNotFound
    if row.account_id != actor.id:
        identity_access.patient_for(actor, row.person_id, purposes.BOOKING)
    return row


def of_account(account_id: UUID, *, before: UUID | None = None, limit: int = 20) -> list[EntryView]:
    """The account's places, newest first, a page before the id `before`. One query; how many are ahead is not said."""
    rows = Entry.objects.filter(account_id=account_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_view(row, None) for row in rows.order_by("-id")[:limit]]


def open_of_account(account_id: UUID) -> list[EntryView]:
    """Places in line that an account still has. One query."""
    return [_view(row, None) for row in Entry.objects.filter(account_id=account_id, state__in=OPEN)]


def is_queued(session_id: UUID) -> bool:
    """Whether people wait for this session. One query."""
    return Entry.objects.filter(session_id=session_id, state=State.WAITING).exists()


def offered(offer_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these holders of numbers are offers that wait for an answer. One query."""
    rows = Entry.objects.filter(offer_id__in=list(offer_ids), state__in=(State.OFFERING, State.OFFERED))
    return {offer_id for offer_id in rows.values_list("offer_id", flat=True) if offer_id is not None}
