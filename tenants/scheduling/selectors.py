"""Reads of sessions and numbers, inside a hospital's scope; values only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connections
from django.db.models import Count, Q, QuerySet

from hub import clock
from hub.tenancy.scope import hospital_alias
from hub.tenancy.statements import Statement
from tenants.scheduling.models import Channel, Number, NumberState, Session, SessionState, SyncConflict

_RESIDENTS = ("", Channel.APP)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """A session with its counts now."""

    id: UUID
    department_id: UUID
    doctor_id: UUID | None
    doctor_name: str
    date: date
    period: str
    registration_level: str
    fee_fen: int
    room: str
    campus_code: str
    state: str
    release_at: datetime | None
    first_start: datetime | None
    last_end: datetime | None
    total: int
    free: int
    next_free_start: datetime | None
    synced_at: datetime
    left: int = 0
    referable: int = 0
    referable_starts: Sequence[datetime] = ()

    @property
    def is_released(self) -> bool:
        """Whether residents may book it by now."""
        return self.release_at is None or self.release_at <= clock.now()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberView:
    """A number as a resident sees it: `16:30-17:00 第23号`, full or free."""

    id: UUID
    sequence: int
    start: datetime
    end: datetime
    is_free: bool

    @property
    def text(self) -> str:
        """What is shown and read aloud."""
        start, end = clock.local(self.start), clock.local(self.end)
        return f"{start:%H:%M}-{end:%H:%M} 第{self.sequence}号"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffNumber:
    """A number as the hospital's staff see it: `holder` is the booking's id."""

    id: UUID
    sequence: int
    start: datetime
    end: datetime
    state: NumberState
    holder: UUID | None
    is_extra: bool
    pool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConflict:
    """A disagreement with the HIS that waits for staff."""

    id: int
    kind: str
    kind_text: str
    session_his_code: str
    number_id: UUID | None
    detail: str
    found_at: datetime


# The columns of `_SUMMARIES`, in their order.
_SUMMARY = (
    *("id", "department_id", "doctor_id", "doctor_name", "date", "period", "registration_level", "fee_fen", "room"),
    *("campus_code", "state", "release_at", "synced_at"),
    *("total", "free", "left", "referable", "referable_starts", "next_free_start", "first_start", "last_end"),
)
_SUMMARIES = Statement(
    "hospital",
    """
SELECT s.id, s.department_id, s.doctor_id, s.doctor_name, s.date, s.period, s.registration_level, s.fee_fen, s.room,
    s.campus_code, s.state, s.release_at, s.synced_at,
    count(n.id) FILTER (WHERE n.state = ANY(%(offered)s::text[])),
    count(n.id) FILTER (WHERE n.is_free AND n.is_residents),
    count(n.id) FILTER (WHERE n.is_free),
    count(n.id) FILTER (WHERE n.is_free AND n.is_referable),
    coalesce(array_agg(DISTINCT n.starts_at) FILTER (WHERE n.is_free AND n.is_referable), '{}'),
    min(n.starts_at) FILTER (WHERE n.is_free AND n.is_residents),
    min(n.starts_at),
    max(n.ends_at)
FROM scheduling_session s
LEFT JOIN LATERAL (
    SELECT m.id, m.state, m.starts_at, m.ends_at,
        m.state = %(free)s AND m.starts_at > %(now)s AND s.state = %(open)s AS is_free,
        m.pool = ANY(%(residents)s::text[]) AS is_residents,
        m.pool = %(family)s AS is_referable
    FROM scheduling_number m WHERE m.session_id = s.id
) AS n ON true
WHERE s.id = ANY(%(ids)s::uuid[])
GROUP BY s.id
""",
)


def session_summaries(session_ids: Iterable[UUID]) -> list[SessionSummary]:
    """These sessions with their counts at this instant; one query.

    `free` for residents, `left` for anybody, `referable` for family doctors of other hospitals, who
    are shown when those numbers begin.
    """
    rows = _SUMMARIES.rows(
        ids=list(session_ids),
        now=clock.now(),
        open=SessionState.OPEN,
        free=NumberState.FREE,
        offered=[NumberState.FREE, NumberState.HELD, NumberState.TAKEN],
        residents=list(_RESIDENTS),
        family=Channel.FAMILY,
    )
    return [SessionSummary(**dict(zip(_SUMMARY, row, strict=True))) for row in rows]


def rooms_of(session_ids: Iterable[UUID]) -> dict[UUID, tuple[str, UUID | None]]:
    """Room and doctor of these sessions. One query."""
    rows = Session.objects.filter(id__in=list(session_ids)).values_list("id", "room", "doctor_id")
    return {session_id: (room, doctor_id) for session_id, room, doctor_id in rows}


def sessions_between(
    first: date,
    last: date,
    *,
    departments: Collection[UUID] | None = None,
    doctor_id: UUID | None = None,
) -> list[SessionSummary]:
    """Sessions of these days with their counts, of all departments or of these, of one doctor if named. Two queries."""
    days = Session.objects.filter(date__gte=first, date__lte=last)
    if departments is not None:
        days = days.filter(department_id__in=departments)
    if doctor_id is not None:
        days = days.filter(doctor_id=doctor_id)
    found = session_summaries(days.values_list("id", flat=True))
    return sorted(found, key=lambda one: (one.date, one.first_start or one.synced_at, one.doctor_name))


def session_summary(session_id: UUID) -> SessionSummary | None:
    """One session with its counts. One query."""
    return next(iter(session_summaries([session_id])), None)


def staff_numbers(session_id: UUID) -> list[StaffNumber]:
    """All numbers of a session, whatever became of them, in order. One query."""
    return [
        StaffNumber(
            id=row.id,
            sequence=row.sequence,
            start=row.start,
            end=row.end,
            state=NumberState(row.state),
            holder=row.holder,
            is_extra=row.is_extra,
            pool=row.pool,
        )
        for row in Number.objects.filter(session_id=session_id).order_by("sequence")
    ]


def prices(since: date) -> list[tuple[str, int, int]]:
    """Levels of registration with their prices and how many sessions have them, from a day on. One query."""
    rows = (
        Session.objects.filter(date__gte=since)
        .values_list("registration_level", "fee_fen")
        .annotate(count=Count("id"))
        .order_by("registration_level", "fee_fen")
    )
    return list(rows)


def rooms(since: date) -> list[tuple[str, int]]:
    """Rooms in use from a day on, with how many sessions. One query."""
    rows = Session.objects.filter(date__gte=since).exclude(room="").values_list("room")
    return list(rows.annotate(count=Count("id")).order_by("room"))


def any_session() -> bool:
    """Whether this hospital ever told a session. One query."""
    return Session.objects.exists()


def upcoming_session_ids(first_day: date) -> list[UUID]:
    """All sessions from a day on (rebuilding the catalogue). One query."""
    return list(Session.objects.filter(date__gte=first_day).values_list("id", flat=True))


def numbers_of(session_id: UUID, *, every: bool = False) -> list[NumberView]:
    """The numbers of an open session that are offered to residents, in order; `every`: of all shares. One query."""
    rows = (
        _ahead(session_id)
        .filter(Q() if every else Q(pool__in=_RESIDENTS) | ~Q(state=NumberState.FREE))
        .filter(state__in=(NumberState.FREE, NumberState.HELD, NumberState.TAKEN))
        .order_by("sequence")
        .values_list("id", "sequence", "start", "end", "state")
    )
    return [
        NumberView(id=number, sequence=sequence, start=start, end=end, is_free=state == NumberState.FREE)
        for number, sequence, start, end, state in rows
    ]


def any_free(session_id: UUID) -> bool:
    """Whether one of them is free. One query, of one row."""
    return _ahead(session_id).filter(pool__in=_RESIDENTS, state=NumberState.FREE).exists()


def _ahead(session_id: UUID) -> QuerySet[Number]:
    return Number.objects.filter(session_id=session_id, session__state=SessionState.OPEN, start__gt=clock.now())


def holders() -> dict[UUID, str]:
    """Everybody who holds a number, and its state: what the appointments must agree with. One query."""
    return {
        holder: state
        for holder, state in Number.objects.filter(holder__isnull=False).values_list("holder", "state")
        if holder is not None
    }


def open_conflicts() -> list[OpenConflict]:
    """What waits for staff, oldest first. One query."""
    return [
        OpenConflict(
            id=row.id,
            kind=row.kind,
            kind_text=row.get_kind_display(),
            session_his_code=row.session_his_code,
            number_id=row.number_id,
            detail=row.detail,
            found_at=row.found_at,
        )
        for row in SyncConflict.objects.filter(settled_at__isnull=True).order_by("found_at")
    ]


_FAULTS = """
SELECT 'longer than 30 minutes: ' || id FROM scheduling_number WHERE ends_at - starts_at > interval '30 minutes'
UNION ALL
SELECT 'two numbers of one holder: ' || holder FROM scheduling_number
WHERE holder IS NOT NULL GROUP BY holder HAVING count(*) > 1
UNION ALL
SELECT 'sequence twice: ' || session_id || '/' || sequence FROM scheduling_number
GROUP BY session_id, sequence HAVING count(*) > 1
UNION ALL
SELECT 'state without holder or holder without state: ' || id FROM scheduling_number
WHERE (holder IS NOT NULL) <> (state IN ('held', 'taken'))
UNION ALL
SELECT 'free in a session that is not open: ' || n.id FROM scheduling_number AS n
JOIN scheduling_session AS s ON s.id = n.session_id
WHERE n.state = 'free' AND s.state <> 'open'"""


def faults() -> list[str]:
    """What is wrong with the numbers by themselves, from the rows, whatever constraints say. One query."""
    with connections[hospital_alias()].cursor() as cursor:
        cursor.execute(_FAULTS)
        return [text for (text,) in cursor.fetchall()]


def reopenable(session_id: UUID, now: datetime) -> tuple[int, frozenset[UUID]]:
    """How many numbers to come were stopped here, and who still holds one of them. One query."""
    rows = Number.objects.filter(session_id=session_id, stopped_here=True, start__gt=now).values_list("holder")
    holders = [holder for (holder,) in rows]
    return len(holders), frozenset(holder for holder in holders if holder is not None)
