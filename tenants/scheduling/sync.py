"""Following a HIS's schedules, set by set, inside an open hospital unit.

Every statement carries its own guard, so that a claim running beside it is never undone: a held or taken number keeps
its state, its time and its holder; only what is free follows the HIS. Sessions are locked first, in order of code, so
that two synchronisations and a stop of the same session run one after the other.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from hub import ids
from hub.tenancy.scope import hospital_alias
from institution_connectors.contracts.values import Number, NumberState, Schedule, ScheduleState
from tenants.directory.steps import Codes

_LOCK = """
SELECT id, his_code, told, shift_minutes, doctor_id, doctor_name, room, campus_code, fee_fen FROM scheduling_session
WHERE his_generation = %(generation)s
  AND (his_code = ANY(%(codes)s) OR (%(complete)s AND date BETWEEN %(first)s AND %(last)s))
ORDER BY his_code FOR UPDATE"""

_SESSIONS = """
INSERT INTO scheduling_session AS s (id, his_generation, his_code, department_id, doctor_id, doctor_name, date, period,
    registration_level, fee_fen, room, campus_code, state, stop_reason, source_at, synced_at, told, shift_minutes)
SELECT *, 0 FROM unnest(%(id)s::uuid[], %(generation)s::int[], %(his_code)s::text[], %(department)s::uuid[],
    %(doctor)s::uuid[], %(doctor_name)s::text[], %(date)s::date[], %(period)s::text[], %(level)s::text[],
    %(fee)s::int[], %(room)s::text[], %(campus)s::text[], %(state)s::text[], %(reason)s::text[],
    %(source_at)s::timestamptz[], %(now)s::timestamptz[], %(told)s::text[])
ON CONFLICT (his_generation, his_code) DO UPDATE SET
    department_id = CASE WHEN s.told = EXCLUDED.told THEN s.department_id ELSE EXCLUDED.department_id END,
    doctor_id = CASE WHEN s.told = EXCLUDED.told THEN s.doctor_id ELSE EXCLUDED.doctor_id END,
    doctor_name = CASE WHEN s.told = EXCLUDED.told THEN s.doctor_name ELSE EXCLUDED.doctor_name END,
    date = EXCLUDED.date, period = EXCLUDED.period,
    registration_level = CASE WHEN s.told = EXCLUDED.told THEN s.registration_level
                              ELSE EXCLUDED.registration_level END,
    fee_fen = CASE WHEN s.told = EXCLUDED.told THEN s.fee_fen ELSE EXCLUDED.fee_fen END,
    room = CASE WHEN s.told = EXCLUDED.told THEN s.room ELSE EXCLUDED.room END,
    campus_code = CASE WHEN s.told = EXCLUDED.told THEN s.campus_code ELSE EXCLUDED.campus_code END,
    state = CASE WHEN s.told = EXCLUDED.told AND s.state = 'stopped' THEN s.state
                 WHEN EXCLUDED.state = 'open' THEN 'open' ELSE s.state END,
    stop_reason = CASE WHEN s.told = EXCLUDED.told AND s.state = 'stopped' THEN s.stop_reason
                       WHEN EXCLUDED.state = 'open' THEN '' ELSE s.stop_reason END,
    shift_minutes = CASE WHEN s.told = EXCLUDED.told THEN s.shift_minutes ELSE 0 END, told = EXCLUDED.told,
    source_at = EXCLUDED.source_at, synced_at = EXCLUDED.synced_at
WHERE s.source_at <= EXCLUDED.source_at
RETURNING s.id, s.his_code"""

_NUMBERS = """
INSERT INTO scheduling_number AS n
    (id, session_id, sequence, starts_at, ends_at, state, his_code, is_extra, is_gone, is_stopped, stopped_here, pool,
     changed_at)
SELECT u.id, u.session_id, u.sequence, u.starts_at, u.ends_at, u.state, u.his_code, false, false,
    u.state = 'stopped', false, '', %(now)s
FROM unnest(%(id)s::uuid[], %(session)s::uuid[], %(sequence)s::int[], %(starts)s::timestamptz[],
    %(ends)s::timestamptz[], %(state)s::text[], %(his_code)s::text[])
    AS u (id, session_id, sequence, starts_at, ends_at, state, his_code)
ON CONFLICT (session_id, sequence) DO UPDATE SET
    starts_at = CASE WHEN n.holder IS NULL THEN EXCLUDED.starts_at ELSE n.starts_at END,
    ends_at = CASE WHEN n.holder IS NULL THEN EXCLUDED.ends_at ELSE n.ends_at END,
    state = CASE WHEN n.holder IS NULL AND NOT n.stopped_here THEN EXCLUDED.state ELSE n.state END,
    his_code = EXCLUDED.his_code, is_gone = false, is_extra = false,
    is_stopped = EXCLUDED.is_stopped OR n.stopped_here, changed_at = EXCLUDED.changed_at
WHERE (n.his_code, n.is_gone, n.is_extra, n.is_stopped)
        IS DISTINCT FROM (EXCLUDED.his_code, false, false, EXCLUDED.is_stopped OR n.stopped_here)
   OR (n.holder IS NULL AND (n.starts_at, n.ends_at) IS DISTINCT FROM (EXCLUDED.starts_at, EXCLUDED.ends_at))
   OR (n.holder IS NULL AND NOT n.stopped_here AND n.state <> EXCLUDED.state)
RETURNING n.session_id"""

_GONE = """
UPDATE scheduling_number AS n
SET is_gone = true, changed_at = %(now)s, state = CASE WHEN n.holder IS NULL THEN 'withdrawn' ELSE n.state END
WHERE n.session_id = ANY(%(sessions)s) AND NOT n.is_extra AND NOT n.is_gone
  AND (n.session_id, n.sequence) NOT IN (SELECT * FROM unnest(%(session)s::uuid[], %(sequence)s::int[]))
RETURNING n.id, n.session_id, n.holder"""

_WITHDRAW = """
UPDATE scheduling_session SET state = 'withdrawn', source_at = %(source_at)s, synced_at = %(now)s
WHERE id = ANY(%(sessions)s) AND source_at <= %(source_at)s AND state <> 'withdrawn'
RETURNING id"""

_MOVED = """
SELECT n.id, n.session_id, n.holder FROM scheduling_number AS n
JOIN unnest(%(session)s::uuid[], %(sequence)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
    AS u (session_id, sequence, starts_at, ends_at) ON u.session_id = n.session_id AND u.sequence = n.sequence
WHERE n.holder IS NOT NULL AND (n.starts_at, n.ends_at) IS DISTINCT FROM (u.starts_at, u.ends_at)"""

# A number that is free at the HIS is free; one the HIS sold itself can't be sold by us; ours are protected by holder.
_STATES = {
    NumberState.FREE: "free",
    NumberState.LOCKED: "withdrawn",
    NumberState.TAKEN: "withdrawn",
    NumberState.STOPPED: "stopped",
}


# The HIS says something new of a session that was stopped here: its word counts again.
_HEARD = """
UPDATE scheduling_number SET stopped_here = false, is_stopped = false, changed_at = %(now)s
WHERE session_id = ANY(%(sessions)s) AND stopped_here
RETURNING id"""


@dataclass(frozen=True, slots=True)
class Before:
    """A session as it stood before a snapshot."""

    id: UUID
    told: str
    shift_minutes: int
    doctor_id: UUID | None
    doctor_name: str
    room: str
    campus_code: str
    fee_fen: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A number somebody holds although the HIS no longer agrees with it."""

    number_id: UUID
    session_id: UUID
    holder: UUID


def lock_sessions(
    codes: Sequence[str], *, generation: int, complete: bool, first: date, last: date
) -> dict[str, Before]:
    """Lock the sessions named, or all of the span; HIS code to how it stands."""
    rows = _all(
        _LOCK,
        {"generation": generation, "codes": list(codes), "complete": complete, "first": first, "last": last},
    )
    return {row[1]: Before(row[0], *row[2:]) for row in rows}


def write_sessions(
    schedules: Sequence[Schedule], codes: Codes, *, generation: int, source_at: datetime, now: datetime
) -> dict[str, UUID]:
    """Insert or update; the sessions that followed (a newer source keeps what it said)."""
    columns: dict[str, list[Any]] = {name: [] for name in _SESSION_COLUMNS}
    for schedule in schedules:
        department = codes.departments[schedule.department_code]
        doctor, doctor_name = codes.post(schedule.doctor_code, department)
        doctor_name = doctor_name or f"{schedule.class_name}门诊"
        stopped = schedule.state is ScheduleState.STOPPED
        row = (
            ids.uuid7(), generation, schedule.code, department, doctor, doctor_name, schedule.day,
            schedule.period.value, schedule.class_name, schedule.fee_fen, schedule.place, schedule.campus,
            "stopped" if stopped else "open", "", source_at, now, digest(schedule),
        )  # fmt: skip
        for name, value in zip(_SESSION_COLUMNS, row, strict=True):
            columns[name].append(value)
    return {his_code: session_id for session_id, his_code in _all(_SESSIONS, columns)}


_SESSION_COLUMNS = (
    "id", "generation", "his_code", "department", "doctor", "doctor_name", "date", "period", "level", "fee", "room",
    "campus", "state", "reason", "source_at", "now", "told",
)  # fmt: skip


def digest(schedule: Schedule) -> str:
    """What the HIS says of a session itself, counts left out: equal as long as it repeats itself."""
    said = dataclasses.replace(schedule, capacity=0, remaining=0)
    return hashlib.sha256(repr(said).encode()).hexdigest()


def heard_again(sessions: Sequence[UUID], *, now: datetime) -> None:
    """Forget stops made here in sessions of which the HIS says something new."""
    if sessions:
        _all(_HEARD, {"sessions": list(sessions), "now": now})


def write_numbers(sessions: dict[str, UUID], numbers: Sequence[Number], *, now: datetime) -> None:
    """Insert or update the numbers of these sessions; unchanged rows are not written."""
    columns = _number_columns(sessions, numbers)
    _all(_NUMBERS, {**columns, "id": [ids.uuid7() for _ in columns["session"]], "now": now})


def moved_numbers(sessions: dict[str, UUID], numbers: Sequence[Number]) -> list[Kept]:
    """Held numbers whose time is another one at the HIS now."""
    return [Kept(*row) for row in _all(_MOVED, _number_columns(sessions, numbers))]


def drop_vanished(
    complete: Sequence[UUID], sessions: dict[str, UUID], numbers: Sequence[Number], *, now: datetime
) -> list[Kept]:
    """Numbers of completely told sessions that were not told: withdrawn if free; those held are kept and returned."""
    rows = _all(_GONE, {**_number_columns(sessions, numbers), "sessions": list(complete), "now": now})
    return [Kept(*row) for row in rows if row[2] is not None]


def withdraw_sessions(sessions: Sequence[UUID], *, source_at: datetime, now: datetime) -> list[UUID]:
    """Close sessions that are gone at the HIS; those a newer source spoke of stay."""
    rows = _all(_WITHDRAW, {"sessions": list(sessions), "source_at": source_at, "now": now})
    return [session_id for (session_id,) in rows]


def shifted(numbers: Sequence[Number], minutes: dict[str, int]) -> list[Number]:
    """The numbers at the times the hospital moved their sessions to here; `minutes` by the session's HIS code."""
    return [
        dataclasses.replace(
            number,
            starts=number.starts + timedelta(minutes=minutes.get(number.schedule_code, 0)),
            ends=number.ends + timedelta(minutes=minutes.get(number.schedule_code, 0)),
        )
        for number in numbers
    ]


def _number_columns(sessions: dict[str, UUID], numbers: Sequence[Number]) -> dict[str, Any]:
    told = [number for number in numbers if number.schedule_code in sessions]
    return {
        "session": [sessions[number.schedule_code] for number in told],
        "sequence": [number.sequence for number in told],
        "starts": [number.starts for number in told],
        "ends": [number.ends for number in told],
        "state": [_STATES[number.state] for number in told],
        "his_code": [number.code for number in told],
    }


def _all(statement: str, arguments: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connections[hospital_alias()].cursor() as cursor:
        cursor.execute(statement, arguments)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
