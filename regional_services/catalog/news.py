"""What a refresh finds changed of doctors' services: released, stopped, moved. Counts of free numbers are no news.

Whatever changes a session (a HIS, a desk, an act of the district) arrives at the catalogue, and its old row is at hand
there; so this is the one place that can tell each change once, in the transaction that makes the new row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub.ids import uuid7
from hub.tenancy.statements import Statement
from hub.work import Unit
from regional_services.catalog.events import DoctorServicesChanged, ServiceChange
from regional_services.catalog.models import CatalogSession
from tenants.scheduling.selectors import SessionSummary

_ONE_AFTER_THE_OTHER = Statement("default", "SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))")
_STANDING = ("session_id", "doctor_id", "date", "period", "room", "first_start", "state", "refreshed_at")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a session stands, as far as a follower of its doctor cares."""

    session_id: UUID
    doctor_id: UUID | None
    date: date
    period: str
    room: str
    first_start: datetime | None
    state: str
    refreshed_at: datetime

    @property
    def open(self) -> bool:
        """Whether it takes place."""
        return self.state == "open"

    @property
    def place_and_time(self) -> tuple[object, ...]:
        """What a patient would have to note anew."""
        return (self.date, self.period, self.room, self.first_start)


@dataclass(frozen=True, slots=True)
class News:
    """One change of one session for the followers of one doctor."""

    doctor_id: UUID
    change: ServiceChange
    session: Standing


def standing(session_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """How these sessions stand in the catalogue. One query."""
    rows = CatalogSession.objects.filter(session_id__in=session_ids).values_list(*_STANDING)
    return {row[0]: Standing(*row) for row in rows}


def between(
    before: Mapping[UUID, Standing],
    summaries: Iterable[SessionSummary],
    gone: Collection[UUID],
    new: Collection[UUID],
    now: datetime,
) -> list[News]:
    """What changed; `new` are sessions the catalogue never had (one it lost and makes again is no news)."""
    found: list[News] = []
    for summary in summaries:
        old, session = before.get(summary.id), _after(summary, now)
        if old is None:
            if summary.id in new and session.open:
                found += _news(session.doctor_id, ServiceChange.RELEASED, session)
        elif old.refreshed_at <= now:
            found += _changes(old, session)
    for session_id in gone:
        if session_id in before and before[session_id].open:
            lost = before[session_id]
            found += _news(lost.doctor_id, ServiceChange.STOPPED, lost)
    return found


def publish(unit: Unit, code: str, news: Sequence[News]) -> None:
    """One event for each doctor's post and kind of change."""
    grouped: defaultdict[tuple[UUID, ServiceChange], list[Standing]] = defaultdict(list)
    for one in news:
        grouped[(one.doctor_id, one.change)].append(one.session)
    for (doctor_id, change), sessions in grouped.items():
        ordered = sorted(sessions, key=lambda one: (one.date, one.period))
        unit.publish(
            DoctorServicesChanged(
                institution_code=code,
                change_id=uuid7(),
                doctor_id=doctor_id,
                change=change,
                days=tuple(one.date for one in ordered),
                periods=tuple(one.period for one in ordered),
            )
        )
    unit.audit("catalog.services_changed", target=f"hospital:{code}", detail={"changes": len(news)})


def one_after_the_other(code: str) -> None:
    """Refreshes of a hospital that have news wait for each other, so that none is told twice."""
    _ONE_AFTER_THE_OTHER.row(name=f"catalog.news:{code}")


def _changes(old: Standing, session: Standing) -> list[News]:
    if old.open and (not session.open or session.doctor_id != old.doctor_id):
        found = _news(old.doctor_id, ServiceChange.STOPPED, old)
        return found + (_news(session.doctor_id, ServiceChange.RELEASED, session) if session.open else [])
    if session.open and not old.open:
        return _news(session.doctor_id, ServiceChange.RELEASED, session)
    if session.open and session.place_and_time != old.place_and_time:
        return _news(session.doctor_id, ServiceChange.MOVED, session)
    return []


def _news(doctor_id: UUID | None, change: ServiceChange, session: Standing) -> list[News]:
    return [News(doctor_id, change, session)] if doctor_id is not None else []


def _after(summary: SessionSummary, now: datetime) -> Standing:
    return Standing(
        summary.id,
        summary.doctor_id,
        summary.date,
        summary.period,
        summary.room,
        summary.first_start,
        summary.state,
        now,
    )
