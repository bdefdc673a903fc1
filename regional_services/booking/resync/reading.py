"""Runs and their lines for pages and commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from hub.actor import Actor
from hub.errors import Conflict, InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.booking.errors import ResyncUnknown
from regional_services.booking.models import Cause, Outcome, ResyncItem, ResyncRun, ResyncState
from regional_services.booking.permissions import CLOSE_RESYNC

NOTE_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A comparison, with how far it is."""

    id: UUID
    institution_code: str
    cause: Cause
    state: ResyncState
    since: datetime
    started_at: datetime
    ended_at: datetime | None
    asked_by: str
    expected: int
    compared: int
    pushed: int
    reversed: int
    left: int
    note: str

    @property
    def is_moving(self) -> bool:
        """Whether it is not done."""
        return self.state is not ResyncState.DONE

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 if not self.is_moving else min(99, round(100 * self.compared / max(1, self.expected)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One line."""

    id: int
    institution_code: str
    booking_id: UUID | None
    outcome: Outcome
    what: str
    at: datetime
    closed_by: str
    closed_at: datetime | None
    closing_note: str


def runs(*, limit: int = 20) -> list[RunView]:
    """The newest runs. One query."""
    with region(read_only=True):
        return [_run(row) for row in ResyncRun.objects.order_by("-started_at")[:limit]]


def run(run_id: UUID) -> RunView:
    """One run; ResyncUnknown if there is none. One query."""
    with region(read_only=True):
        row = ResyncRun.objects.filter(pk=run_id).first()
    if row is None:
        raise ResyncUnknown
    return _run(row)


def items(run_id: UUID, *, outcome: str = "", after: int = 0, limit: int = 50) -> list[ItemView]:
    """The lines of a run in order, one kind or all, beyond the line `after`. One query."""
    wanted = Q(run_id=run_id, id__gt=after)
    if outcome:
        wanted &= Q(outcome=outcome)
    with region(read_only=True):
        return [_item(row) for row in ResyncItem.objects.filter(wanted).order_by("id")[:limit]]


def open_items(code: str, *, limit: int) -> list[ItemView]:
    """What waits for a person at a hospital, oldest first. One query."""
    with region(read_only=True):
        rows = ResyncItem.objects.filter(institution_code=code, outcome=Outcome.HUMAN, closed_at__isnull=True)
        return [_item(row) for row in rows.order_by("id")[:limit]]


def close_item(*, actor: Actor, item_id: int, note: str) -> None:
    """A person has seen to a line, and says how."""
    require(actor, CLOSE_RESYNC)
    if not note.strip():
        raise InvalidInput(fields={"note": "请写明怎样处理的，它会记入审计。"})
    with work(REGION, actor=actor) as unit:
        row = ResyncItem.objects.select_for_update().filter(pk=item_id, outcome=Outcome.HUMAN).first()
        if row is None:
            raise ResyncUnknown
        if row.closed_at is not None:
            raise Conflict("这一条已经处理过了。")
        row.closed_by, row.closed_at, row.closing_note = actor.name, unit.now, note.strip()[:NOTE_LIMIT]
        row.save(update_fields=["closed_by", "closed_at", "closing_note"])
        unit.audit("resync.item_closed", target=f"resync_item:{item_id}", reason=row.closing_note)


def _run(row: ResyncRun) -> RunView:
    return RunView(
        id=row.id, institution_code=row.institution_code, cause=Cause(row.cause), state=ResyncState(row.state),
        since=row.since, started_at=row.started_at, ended_at=row.ended_at, asked_by=row.asked_by,
        expected=row.expected, compared=row.compared, pushed=row.pushed, reversed=row.reversed, left=row.left,
        note=row.note,
    )  # fmt: skip


def _item(row: ResyncItem) -> ItemView:
    return ItemView(
        id=row.id, institution_code=row.institution_code, booking_id=row.booking_id, outcome=Outcome(row.outcome),
        what=row.what, at=row.at, closed_by=row.closed_by, closed_at=row.closed_at, closing_note=row.closing_note,
    )  # fmt: skip
