"""A person's places among his appointments at this hospital: limits that hold when bookings race.

Each limit is a row of places 1 to N, and an appointment takes a free one of each in the statement that inserts it. Two
rivals that chose the same place meet at a unique index; none left is NULL in a column that takes none. Either way the
transaction is over and nothing remains of it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from django.db.models.expressions import RawSQL
from psycopg import errors as postgres

from hub.errors import HubError
from tenants.appointments.errors import AlreadyBookedToday, HospitalDayLimit, OpenLimit, PlaceRaced
from tenants.appointments.models import ACTIVE, Appointment
from tenants.registry.selectors import InstitutionView
from tenants.scheduling.steps import ClaimedNumber

_FREE = """
SELECT min(place) FROM generate_series(1, %s) AS places(place)
WHERE NOT EXISTS (
    SELECT 1 FROM appointment AS a
    WHERE a.person_id = %s AND a.id <> %s AND a.state IN ('held', 'booked')"""
_IN_DEPARTMENT = _FREE + " AND a.visit_date = %s AND a.department_id = %s AND a.department_place = place)"
_ON_DAY = _FREE + " AND a.visit_date = %s AND a.day_place = place)"
_OPEN = _FREE + " AND a.ends_at > %s AND a.open_place = place)"
_REFUSALS: dict[str, type[HubError]] = {
    "department_place": AlreadyBookedToday,
    "day_place": HospitalDayLimit,
    "open_place": OpenLimit,
}
_RACED = frozenset(f"uq_appointment_{place}" for place in _REFUSALS)


def free_places(
    rules: InstitutionView, *, booking_id: UUID, person_id: UUID, claim: ClaimedNumber, now: datetime
) -> dict[str, RawSQL]:
    """The appointment's three columns, to be computed by the statement that stores it."""
    who = (person_id, booking_id)
    return {
        "department_place": _first(_IN_DEPARTMENT, rules.limit_department_day, *who, claim.date, claim.department_id),
        "day_place": _first(_ON_DAY, rules.limit_person_day, *who, claim.date),
        "open_place": _first(_OPEN, rules.limit_open, *who, now),
    }


def _first(statement: str, *values: object) -> RawSQL:
    return RawSQL(statement, values)  # noqa: S611 - the statements are constants of this module, values are parameters


def leave_past(person_id: UUID, now: datetime) -> None:
    """Give the places of visits whose time is over free: nobody comes to say that a patient stayed away."""
    Appointment.objects.filter(person_id=person_id, state__in=ACTIVE, open_place__gt=0, ends_at__lte=now).update(
        open_place=0
    )


def refusal_of(problem: IntegrityError) -> HubError | None:
    """What a failed insert says to the person: a limit reached, or a rival at the same place; None if neither."""
    cause = problem.__cause__
    if isinstance(cause, postgres.NotNullViolation):
        reached = _REFUSALS.get(cause.diag.column_name or "")
        return reached() if reached else None
    if isinstance(cause, postgres.UniqueViolation) and cause.diag.constraint_name in _RACED:
        return PlaceRaced()
    return None
