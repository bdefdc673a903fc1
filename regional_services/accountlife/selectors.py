"""Merges and closings as residents and clerks see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from hub import clock
from hub.accounts import handles
from hub.accounts.handles import HandleView
from hub.actor import Actor
from hub.security.permissions import require
from regional_services.accountlife import moving
from regional_services.accountlife.errors import MergeNotFound
from regional_services.accountlife.models import Closing, ClosingState, Did, Merge, MergeState, Way
from regional_services.accountlife.permissions import MERGE, SEALED
from regional_services.identity import documents, endings
from regional_services.identity.access import account


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeView:
    """One merge: whose accounts, what is in the one that ends, what became of it."""

    id: UUID
    kept_id: UUID
    merged_id: UUID
    way: Way
    state: MergeState
    note: str
    proposed_by: UUID
    proposed_by_name: str
    proposed_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    undo_until: datetime | None
    kept_handles: tuple[HandleView, ...] = ()
    merged_handles: tuple[HandleView, ...] = ()
    holds: tuple[tuple[str, int], ...] = ()
    moved: tuple[tuple[str, int, int], ...] = ()
    shared: int = 0
    undo_days: int = 0

    @property
    def may_undo(self) -> bool:
        """Whether the period runs."""
        return self.state is MergeState.DONE and self.undo_until is not None and self.undo_until > clock.now()


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleView:
    """An account of a person, as a clerk compares two."""

    account_id: UUID
    handles: tuple[HandleView, ...]
    holds: tuple[tuple[str, int], ...]


def own(actor: Actor, merge_id: UUID) -> MergeView:
    """A merge into this resident's account; MergeNotFound."""
    row = Merge.objects.filter(pk=merge_id, kept_id=account(actor)).first()
    if row is None:
        raise MergeNotFound
    return _view(row, full=True)


def own_merges(actor: Actor) -> list[MergeView]:
    """What was merged into this account, newest first. One query."""
    rows = Merge.objects.filter(kept_id=account(actor), state__in=(MergeState.DONE, MergeState.UNDONE))
    return [_view(row) for row in rows.order_by("-proposed_at")]


def merge(actor: Actor, merge_id: UUID) -> MergeView:
    """One merge for a clerk; MergeNotFound."""
    require(actor, MERGE)
    row = Merge.objects.filter(pk=merge_id).first()
    if row is None:
        raise MergeNotFound
    return _view(row, full=True)


def merges(actor: Actor, *, state: str = "", skip: int = 0, limit: int = 51) -> list[MergeView]:
    """All merges for clerks, newest first, or those in a state. One query."""
    require(actor, MERGE)
    rows = Merge.objects.order_by("-proposed_at")
    if state in MergeState.values:
        rows = rows.filter(state=state)
    return [_view(row) for row in rows[skip : skip + limit]]


def doubles(actor: Actor, document_type: str, number: str) -> list[DoubleView]:
    """The accounts of the person with this document, oldest first; fewer than two: nothing to join. DocumentInvalid."""
    require(actor, MERGE)
    person_id = endings.person_of_document(documents.read(document_type, number, today=clock.today()))
    found = endings.accounts_of_self(person_id) if person_id else []
    return [DoubleView(account_id=one, handles=tuple(handles.handles_of(one)), holds=_holds(one)) for one in found]


def other_accounts(actor: Actor) -> list[tuple[HandleView, ...]]:
    """What opens the other accounts of this account's checked holder: masked, a hint which phone to prove."""
    person_id = endings.verified_self(account(actor))
    found = endings.accounts_of_self(person_id) if person_id else []
    return [tuple(handles.handles_of(one)) for one in found if one != account(actor)]


def closings(actor: Actor, *, state: str = "", skip: int = 0, limit: int = 51) -> list[Closing]:
    """All closings, newest first. One query."""
    require(actor, SEALED)
    rows = Closing.objects.order_by("-asked_at")
    return list((rows.filter(state=state) if state in ClosingState.values else rows)[skip : skip + limit])


def _holds(account_id: UUID) -> tuple[tuple[str, int], ...]:
    return tuple((moving.TITLES.get(label, label), count) for label, count in moving.counts(account_id).items())


def _view(row: Merge, *, full: bool = False) -> MergeView:
    proposed = full and row.state == MergeState.PROPOSED
    moved: dict[str, list[int]] = {}
    if full and row.state in (MergeState.DONE, MergeState.UNDONE):
        for label, did in row.items.values_list("model", "did"):
            if label in moving.TITLES and did in (Did.MOVED, Did.LEFT):
                moved.setdefault(label, [0, 0])[did == Did.LEFT] += 1
    return MergeView(
        id=row.id,
        kept_id=row.kept_id,
        merged_id=row.merged_id,
        way=Way(row.way),
        state=MergeState(row.state),
        note=row.note,
        proposed_by=row.proposed_by,
        proposed_by_name=row.proposed_by_name,
        proposed_at=row.proposed_at,
        decided_by_name=row.decided_by_name,
        decided_at=row.decided_at,
        undo_until=row.undo_until,
        kept_handles=tuple(handles.handles_of(row.kept_id)) if full else (),
        merged_handles=tuple(handles.handles_of(row.merged_id)) if proposed else (),
        holds=_holds(row.merged_id) if proposed else (),
        moved=tuple((moving.TITLES[label], came, stayed) for label, (came, stayed) in moved.items()),
        undo_days=settings.HUB_MERGE_UNDO_DAYS,
        shared=endings.shared_people(row.kept_id, row.merged_id) if proposed else 0,
    )
