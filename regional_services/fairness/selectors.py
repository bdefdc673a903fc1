"""Reads of the patterns and rules, for district staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from hub import clock, waiting_room
from hub.actor import Actor
from hub.security import masking
from hub.security.permissions import require
from hub.tallies import Rule
from hub.tenancy.scope import region
from hub.waiting_room import RoomView
from regional_services.booking.doings import Doings, doings_of
from regional_services.fairness import noting
from regional_services.fairness.kinds import ACCOUNT, ADDRESS, Kind
from regional_services.fairness.models import Pattern, State
from regional_services.fairness.permissions import VIEW
from tenants.registry import selectors as registry


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternView:
    """A pattern as staff see it: who by a masked name, what his accounts did in the last day."""

    id: UUID
    kind: Kind
    who: str
    count: int
    different: int
    place: str
    refused: bool
    first_at: datetime
    last_at: datetime
    state: State
    reason: str
    decided_by: str
    decided_at: datetime | None
    free_until: datetime | None
    doings: Doings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the list is asked for; empty: open and held ones of every kind."""

    state: str = ""
    kind: str = ""


def patterns(actor: Actor, asked: Asked, *, after: int = 0, limit: int = 50) -> Sequence[PatternView]:
    """A page, latest first. Two queries."""
    require(actor, VIEW)
    with region(read_only=True):
        rows = list(_asked(asked).order_by("-last_at", "id")[after : after + limit])
        accounts = {row.id: _accounts(row) for row in rows}
        doings = doings_of({one for some in accounts.values() for one in some}, clock.now() - clock.DAY)
    return [_view(row, [doings[one] for one in accounts[row.id] if one in doings]) for row in rows]


def waiting(actor: Actor) -> int:
    """How many patterns nobody has looked at. One query."""
    require(actor, VIEW)
    with region(read_only=True):
        return Pattern.objects.filter(state=State.OPEN).count()


def rules(actor: Actor) -> dict[Kind, Rule]:
    """The figures in force. One query."""
    require(actor, VIEW)
    with region(read_only=True):
        return noting.rules_in_force()


def open_rooms(actor: Actor) -> list[tuple[RoomView, str]]:
    """The waiting rooms now open, the fullest first, each with its hospital's name. No query."""
    require(actor, VIEW)
    names = {view.code: view.name for view in registry.institutions()}
    found = sorted(waiting_room.rooms(list(names)), key=lambda room: -room.waiting)
    return [(room, names[room.room]) for room in found]


def _asked(asked: Asked) -> QuerySet[Pattern]:
    rows = Pattern.objects.all()
    rows = rows.filter(state=asked.state) if asked.state in State.values else rows.exclude(state=State.FREE)
    return rows.filter(kind=asked.kind) if asked.kind in Kind.values else rows


def _accounts(row: Pattern) -> list[UUID]:
    """Whose doings tell more of it: the account itself, or those of the device or address."""
    kind, _, value = row.subject.partition(":")
    if kind == ACCOUNT:
        return [UUID(value)]
    return [UUID(one) for one in row.members]


def _view(row: Pattern, doings: list[Doings]) -> PatternView:
    return PatternView(
        id=row.id,
        kind=Kind(row.kind),
        who=shown(row.subject),
        count=row.count,
        different=len(row.members),
        place=row.place,
        refused=row.refused,
        first_at=row.first_at,
        last_at=row.last_at,
        state=State(row.state),
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        free_until=row.free_until,
        doings=sum(doings, Doings()),
    )


def shown(subject: str) -> str:
    """A subject without the part that would lead to it: `…9c41`, `203.0.*.*`."""
    kind, _, value = subject.partition(":")
    return masking.network(value) if kind == ADDRESS else f"…{value[-6:]}"
