"""Reads of the no-show list; RLS keeps a hospital's staff to its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, QuerySet

from hub import clock
from hub.accounts.models import DISTRICT
from hub.actor import Actor
from hub.tenancy.scope import region
from regional_services.noshow.models import Block, NoShow, Rule, State

APPEAL_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class NoShowView:
    """A visit nobody came to; no name is in it."""

    booking_id: UUID
    institution_code: str
    person_id: UUID
    number: str
    department_name: str
    starts_at: datetime
    state: State
    appeal: str
    appealed_at: datetime | None
    decision: str
    decided_by: str
    decided_at: datetime | None

    @property
    def may_appeal(self) -> bool:
        """Whether the resident may still say why."""
        return self.state is State.COUNTED and clock.now() < self.starts_at + timedelta(days=APPEAL_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """A block in force."""

    institution_code: str
    person_id: UUID
    count: int
    until: datetime

    @property
    def is_district(self) -> bool:
        """Whether it counts at all hospitals."""
        return self.institution_code == DISTRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule in force."""

    count: int
    window_days: int
    block_days: int
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a list is asked for."""

    state: str = ""
    number: str = ""
    institution: str = ""


def of_account(account_id: UUID) -> list[NoShowView]:
    """The account's, newest first. One query."""
    return [view(row) for row in NoShow.objects.filter(account_id=account_id).order_by("-starts_at")[:50]]


def blocks_of(person_ids: Collection[UUID]) -> list[BlockView]:
    """Blocks in force of these persons. One query."""
    rows = _in_force().filter(person_id__in=person_ids)
    return [
        BlockView(institution_code=row.institution_code, person_id=row.person_id, count=row.count, until=row.until)
        for row in rows.order_by("-until")
    ]


def blocks_at(institution_code: str, person_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Until when each of these persons may not book online at this hospital; who may is left out. One query."""
    rows = _in_force().filter(person_id__in=person_ids, institution_code__in=(institution_code, DISTRICT))
    return dict(rows.values_list("person_id").annotate(latest=Max("until")).order_by())


def blocked_until(person_id: UUID, institution_code: str) -> datetime | None:
    """Until when the person may not book online at this hospital, if so. One query."""
    return blocks_at(institution_code, [person_id]).get(person_id)


def blocked(actor: Actor) -> int:
    """How many blocks of the actor's hospital, or of all, are in force. One query."""
    with region(read_only=True, staff_of=actor.institution):
        return _in_force().count()


def _in_force() -> QuerySet[Block]:
    return Block.objects.filter(lifted_at__isnull=True, until__gt=clock.now())


def listed(actor: Actor, asked: Asked, *, after: int = 0, limit: int = 50) -> Sequence[NoShowView]:
    """A page of what this member of staff may see, newest first. One query."""
    with region(read_only=True, staff_of=actor.institution):
        return [view(row) for row in _asked(asked).order_by("-starts_at", "booking_id")[after : after + limit]]


def appeals(actor: Actor) -> int:
    """How many appeals wait for this member of staff. One query."""
    with region(read_only=True, staff_of=actor.institution):
        return NoShow.objects.filter(state=State.APPEALED).count()


def rule(institution_code: str) -> RuleView | None:
    """The rule in force of a hospital, or of the district (`DISTRICT`). One query."""
    with region(read_only=True):
        row = Rule.objects.filter(institution_code=institution_code, ended_at__isnull=True).first()
    if row is None:
        return None
    return RuleView(
        count=row.count,
        window_days=row.window_days,
        block_days=row.block_days,
        made_by=row.made_by,
        made_at=row.made_at,
    )


def _asked(asked: Asked) -> QuerySet[NoShow]:
    rows = NoShow.objects.all()
    if asked.state in State.values:
        rows = rows.filter(state=asked.state)
    if asked.number:
        rows = rows.filter(number=asked.number.strip().upper())
    if asked.institution:
        rows = rows.filter(institution_code=asked.institution)
    return rows


def view(row: NoShow) -> NoShowView:
    """The value of a row; no query."""
    return NoShowView(
        booking_id=row.booking_id,
        institution_code=row.institution_code,
        person_id=row.person_id,
        number=row.number,
        department_name=row.department_name,
        starts_at=row.starts_at,
        state=State(row.state),
        appeal=row.appeal or "",
        appealed_at=row.appealed_at,
        decision=row.decision,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
