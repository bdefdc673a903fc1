"""Numbers brought in step with the bookings that hold them, set by set, inside an open hospital unit (practice 20).

Only a repair of the hospital calls this: nobody else claims numbers meanwhile, yet every statement keeps its guard, so
that a number somebody else holds is never taken from him.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connections

from hub.tenancy.scope import hospital_alias
from hub.work import Unit
from tenants.scheduling.models import Session

# What the HIS reports as sold may have been sold by us: withdrawn numbers are taken too, stopped ones are not.
_TAKE = """
UPDATE scheduling_number AS n SET state = u.state, holder = u.holder, changed_at = %(now)s
FROM unnest(%(number)s::uuid[], %(holder)s::uuid[], %(state)s::text[]) AS u (number, holder, state)
WHERE n.id = u.number AND (n.holder = u.holder OR (n.holder IS NULL AND n.state IN ('free', 'withdrawn')))
  AND NOT EXISTS (SELECT 1 FROM scheduling_number AS h WHERE h.holder = u.holder AND h.id <> n.id)
RETURNING n.holder"""

_LET_GO = """
UPDATE scheduling_number AS n
SET state = CASE WHEN s.state = 'stopped' OR n.is_stopped THEN 'stopped'
                 WHEN s.state = 'withdrawn' OR n.is_gone THEN 'withdrawn' ELSE 'free' END,
    holder = NULL, changed_at = %(now)s
FROM scheduling_session AS s
WHERE s.id = n.session_id AND n.holder = ANY(%(holder)s)
RETURNING n.id"""

_BY_HIS_CODE = """
SELECT w.wanted, n.id, n.session_id FROM unnest(%(wanted)s::uuid[], %(code)s::text[], %(sequence)s::int[])
    AS w (wanted, code, sequence)
JOIN scheduling_session AS s ON s.his_code = w.code AND s.his_generation = %(generation)s
JOIN scheduling_number AS n ON n.session_id = s.id AND n.sequence = w.sequence"""

_BY_TIME = """
SELECT w.wanted, n.id, n.session_id FROM unnest(%(wanted)s::uuid[], %(department)s::uuid[], %(doctor)s::text[],
    %(starts)s::timestamptz[]) AS w (wanted, department, doctor, starts)
JOIN scheduling_session AS s ON s.department_id = w.department AND s.doctor_name = w.doctor AND s.state = 'open'
JOIN scheduling_number AS n ON n.session_id = s.id AND n.starts_at = w.starts AND n.holder IS NULL
ORDER BY n.sequence DESC"""

_THERE = "SELECT id FROM scheduling_number WHERE id = ANY(%(number)s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A number a booking names that is not here: what else is known of it. `schedule_code` may be empty."""

    wanted: UUID
    schedule_code: str
    sequence: int
    department_id: UUID
    doctor_name: str
    starts_at: datetime


def take(unit: Unit, wanted: Sequence[tuple[UUID, UUID, str]]) -> set[UUID]:
    """Give numbers to their holders: (number, holder, `held` or `taken`); the holders that have theirs. One query."""
    rows = _all(
        _TAKE,
        {
            "number": [number for number, _, _ in wanted],
            "holder": [holder for _, holder, _ in wanted],
            "state": [state for _, _, state in wanted],
            "now": unit.now,
        },
    )
    return {holder for (holder,) in rows}


def let_go(unit: Unit, holders: Sequence[UUID]) -> int:
    """Give back what these hold; how many numbers. One query."""
    return len(_all(_LET_GO, {"holder": list(holders), "now": unit.now}))


def absent(numbers: Sequence[UUID]) -> set[UUID]:
    """Those of the numbers that are not here. One query."""
    return set(numbers) - {number for (number,) in _all(_THERE, {"number": list(numbers)})}


def known_sessions(first: date, *, generation: int) -> set[str]:
    """The hospital's codes of the sessions known from a day on. One query."""
    rows = Session.objects.filter(his_generation=generation, date__gte=first)
    return set(rows.values_list("his_code", flat=True))


def find(lost: Sequence[Lost], *, generation: int) -> dict[UUID, tuple[UUID, UUID]]:
    """Numbers in the place of those that are lost: wanted -> (number, session). Two queries.

    The hospital's own code of the session decides; where it is not known, department, doctor and time do.
    """
    by_time = _all(
        _BY_TIME,
        {
            "wanted": [one.wanted for one in lost],
            "department": [one.department_id for one in lost],
            "doctor": [one.doctor_name for one in lost],
            "starts": [one.starts_at for one in lost],
        },
    )
    coded = [one for one in lost if one.schedule_code]
    by_code = _all(
        _BY_HIS_CODE,
        {
            "wanted": [one.wanted for one in coded],
            "code": [one.schedule_code for one in coded],
            "sequence": [one.sequence for one in coded],
            "generation": generation,
        },
    )
    return {wanted: (number, session) for wanted, number, session in [*by_time, *by_code]}


def _all(statement: str, arguments: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connections[hospital_alias()].cursor() as cursor:
        cursor.execute(statement, arguments)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
