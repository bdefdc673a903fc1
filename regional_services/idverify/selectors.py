"""Reads of the manual review. Values only; each says its queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDay, TruncMonth

from hub import clock
from hub.actor import Actor
from hub.security.permissions import require
from hub.tenancy.scope import region
from regional_services.identity.access import account
from regional_services.identity.selectors import has_verified_self, is_of_another_account
from regional_services.idverify.access import filed_application, holds, own_application, reviewer
from regional_services.idverify.forms import FIELDS
from regional_services.idverify.models import FILED, Application, Photo, PhotoState, Reason, Side, State
from regional_services.idverify.permissions import STATISTICS
from regional_services.idverify.services import may_type


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoView:
    """A side of the card; `may_type`: so often unreadable that the resident may type instead."""

    side: Side
    state: PhotoState
    problem: str
    is_there: bool
    may_type: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """A field as read and as confirmed; values in clear, the page masks them. `is_unsure`: score below 0.9."""

    name: str
    title: str
    read: str
    score: float | None
    value: str

    @property
    def is_unsure(self) -> bool:
        """Whether the resident should look twice."""
        return self.score is None or self.score < 0.9

    @property
    def is_corrected(self) -> bool:
        """Whether the resident wrote something other than what was read."""
        return bool(self.value) and bool(self.read) and self.value != self.read


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationView:
    """An application; reviewers get `is_mine` and `number_elsewhere`."""

    id: UUID
    state: State
    opened_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    decided_by_name: str
    reason: str
    note: str
    appeal: str
    appealed_at: datetime | None
    held_by_name: str
    is_held: bool
    is_mine: bool
    pictures_deleted_at: datetime | None
    photos: dict[str, PhotoView]
    fields: list[FieldView]
    number_elsewhere: bool = False

    @property
    def may_appeal(self) -> bool:
        """Rejected, not appealed before, pictures still there."""
        return self.state == State.REJECTED and self.appealed_at is None and self.pictures_deleted_at is None


def mine(actor: Actor) -> list[ApplicationView]:
    """The resident's own applications, newest first, without those given up. Three queries."""
    with region(read_only=True):
        rows = list(
            Application.objects.filter(account_id=account(actor))
            .exclude(state=State.DROPPED)
            .order_by("-opened_at")
            .prefetch_related("photos")[:10]
        )
        return [_view(row, list(row.photos.all()), actor) for row in rows]


def is_verified(actor: Actor) -> bool:
    """Whether the resident's own name is checked already. One query."""
    with region(read_only=True):
        return has_verified_self(account(actor))


def own(actor: Actor, application_id: UUID) -> ApplicationView:
    """One of them; NotFound for anybody else's. Two queries."""
    with region(read_only=True):
        row = own_application(actor, application_id)
        return _view(row, list(row.photos.all()), actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What a reviewer looks for: state ("" all), days of submission, only what he holds, only appeals."""

    state: str = ""
    since: date | None = None
    until: date | None = None
    mine: bool = False
    appeals: bool = False


def listed(actor: Actor, criteria: Criteria, *, skip: int = 0, limit: int = 50) -> list[ApplicationView]:
    """Submitted applications, the waiting ones oldest first; nothing is opened (JA-IDV-06). One query."""
    me = reviewer(actor)
    with region(read_only=True):
        rows = _filed(criteria.since, criteria.until)
        if criteria.state in FILED:
            rows = rows.filter(state=criteria.state)
        if criteria.mine:
            rows = rows.filter(state=State.PENDING, held_by=me, held_until__gt=clock.now())
        if criteria.appeals:
            rows = rows.filter(appealed_at__isnull=False)
        order = "submitted_at" if criteria.state == State.PENDING else "-submitted_at"
        return [_view(row, [], actor) for row in rows.defer("fields", "appeal").order_by(order)[skip : skip + limit]]


def for_review(actor: Actor, application_id: UUID) -> ApplicationView:
    """Everything submitted, side by side (JA-IDV-07); of a waiting one only to its holder. Three queries."""
    with region(read_only=True):
        row = filed_application(actor, application_id)
        if row.state == State.PENDING and not holds(actor, row):
            return _view(row, [], actor)
        number = row.fields.get("number", "")
        elsewhere = is_of_another_account(number, account_id=row.account_id)
        return _view(row, list(row.photos.all()), actor, elsewhere=elsewhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Applications filed in one period, by what they are now."""

    period: date | None
    pending: int
    approved: int
    rejected: int

    @property
    def total(self) -> int:
        """All of them: the three outcomes add up to it (JA-IDV-11)."""
        return self.pending + self.approved + self.rejected


def figures(actor: Actor, first: date, last: date, *, by_month: bool = False) -> list[Figures]:
    """Applications by day or month of filing and by outcome (JA-IDV-10, -11); periods without any are left out."""
    require(actor, STATISTICS)
    step = TruncMonth("submitted_at") if by_month else TruncDay("submitted_at")
    with region(read_only=True):
        rows = list(_filed(first, last).annotate(period=step).values("period").annotate(**_COUNTS).order_by("period"))
    return [Figures(**{**row, "period": row["period"].date()}) for row in rows]


def total_of(rows: Sequence[Figures]) -> Figures:
    """All periods together."""
    return Figures(
        period=None,
        pending=sum(row.pending for row in rows),
        approved=sum(row.approved for row in rows),
        rejected=sum(row.rejected for row in rows),
    )


def reasons(actor: Actor, first: date, last: date) -> list[tuple[str, int]]:
    """Why applications filed in these days were rejected, most frequent first. One query."""
    require(actor, STATISTICS)
    with region(read_only=True):
        rows = _filed(first, last).filter(state=State.REJECTED).values_list("reason").annotate(n=Count("id"))
        return [(str(Reason(reason).label), count) for reason, count in rows.order_by("-n", "reason")]


_COUNTS: dict[str, Any] = {
    state.value: Count("id", filter=Q(state=state)) for state in (State.PENDING, State.APPROVED, State.REJECTED)
}


def _filed(first: date | None, last: date | None) -> QuerySet[Application]:
    rows = Application.objects.filter(state__in=FILED)
    if first is not None:
        rows = rows.filter(submitted_at__gte=clock.at(first, time.min))
    if last is not None:
        rows = rows.filter(submitted_at__lt=clock.at(last + timedelta(days=1), time.min))
    return rows


def _view(row: Application, photos: list[Photo], actor: Actor, *, elsewhere: bool = False) -> ApplicationView:
    until = row.held_until
    opened = bool(photos)
    return ApplicationView(
        id=UUID(str(row.id)),
        state=State(row.state),
        opened_at=row.opened_at,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        decided_by_name=row.decided_by_name,
        reason=str(Reason(row.reason).label) if row.reason else "",
        note=row.note,
        appeal=row.appeal if opened else "",
        appealed_at=row.appealed_at,
        held_by_name=row.held_by_name,
        is_held=until is not None and until > clock.now(),
        is_mine=holds(actor, row),
        pictures_deleted_at=row.pictures_deleted_at,
        photos=_photo_views(photos),
        fields=_field_views(row, photos) if opened else [],
        number_elsewhere=elsewhere,
    )


def _photo_views(photos: list[Photo]) -> dict[str, PhotoView]:
    tries = {side: sum(p.side == side and p.state == PhotoState.UNREADABLE for p in photos) for side in Side}
    return {
        photo.side: PhotoView(
            side=Side(photo.side),
            state=PhotoState(photo.state),
            problem=photo.problem,
            is_there=photo.deleted_at is None,
            may_type=photo.state == PhotoState.UNREADABLE and may_type(tries[Side(photo.side)], photo.problem),
        )
        for photo in photos
        if photo.is_current
    }


def _field_views(row: Application, photos: list[Photo]) -> list[FieldView]:
    found: dict[str, Any] = {}
    for photo in photos:
        if photo.is_current:
            found |= photo.found
    return [
        FieldView(
            name=name,
            title=title,
            read=found[name][0] if name in found else "",
            score=found[name][1] if name in found else None,
            value=row.fields.get(name, ""),
        )
        for name, title in FIELDS.items()
    ]
