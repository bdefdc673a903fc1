"""What a closure would do, and how far one is; read from the district's own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub.tenancy.scope import region
from regional_services.booking import figures as bookings
from regional_services.catalog import selectors as catalog
from regional_services.closures.errors import ClosureNotFound
from regional_services.closures.models import Closure, ClosureState, ClosureTarget, TargetState
from tenants.registry import selectors as registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a closure means for one hospital's day."""

    institution_code: str
    name: str
    day: date
    sessions: int
    bookings: int
    paid: int
    paid_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """How far one hospital's day is."""

    institution_code: str
    name: str
    day: date
    state: TargetState
    expected: int
    sessions: int
    bookings: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureView:
    """A closure with its hospitals' days."""

    id: UUID
    reason: str
    state: ClosureState
    per_minute: int
    rebook_days: int
    made_by: str
    made_at: datetime
    ended_at: datetime | None
    targets: tuple[TargetView, ...]

    @property
    def expected(self) -> int:
        """How many bookings it was confirmed for."""
        return sum(target.expected for target in self.targets)

    @property
    def bookings(self) -> int:
        """How many were stopped so far."""
        return sum(target.bookings for target in self.targets)

    @property
    def days_done(self) -> int:
        """How many hospitals' days are finished."""
        return sum(target.state is TargetState.DONE for target in self.targets)

    @property
    def is_moving(self) -> bool:
        """Whether the page should look again."""
        return self.state is ClosureState.RUNNING


def preview(codes: Sequence[str], days: Sequence[date]) -> list[Hit]:
    """Who would be hit, by hospital and day, days without sessions left out. Two queries."""
    with region(read_only=True):
        sessions = catalog.open_sessions_by_day(codes, days)
        hit = bookings.live_by_day(codes, days)
    return [
        Hit(
            institution_code=code,
            name=registry.institution(code).short_name,
            day=day,
            sessions=sessions.get((code, day), 0),
            bookings=counted.bookings,
            paid=counted.paid,
            paid_fen=counted.paid_fen,
        )
        for code in codes
        for day in days
        for counted in (hit.get((code, day), bookings.NOBODY),)
        if sessions.get((code, day)) or counted.bookings
    ]


def latest(limit: int = 20) -> list[ClosureView]:
    """The last closures, newest first. Two queries."""
    with region(read_only=True):
        return [_view(row) for row in Closure.objects.prefetch_related("targets").order_by("-made_at")[:limit]]


def closure(closure_id: UUID) -> ClosureView:
    """One closure. Two queries."""
    with region(read_only=True):
        row = Closure.objects.prefetch_related("targets").filter(pk=closure_id).first()
        if row is None:
            raise ClosureNotFound
        return _view(row)


def _view(row: Closure) -> ClosureView:
    targets = sorted(row.targets.all(), key=lambda target: (target.institution_code, target.day))
    return ClosureView(
        id=row.id,
        reason=row.reason,
        state=ClosureState(row.state),
        per_minute=row.per_minute,
        rebook_days=row.rebook_days,
        made_by=row.made_by,
        made_at=row.made_at,
        ended_at=row.ended_at,
        targets=tuple(_target(target) for target in targets),
    )


def _target(row: ClosureTarget) -> TargetView:
    return TargetView(
        institution_code=row.institution_code,
        name=registry.institution(row.institution_code).short_name,
        day=row.day,
        state=TargetState(row.state),
        expected=row.expected,
        sessions=row.sessions,
        bookings=row.bookings,
        problem=row.problem,
    )
