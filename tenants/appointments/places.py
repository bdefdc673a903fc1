"""A person's places among his appointments at this hospital: limits that hold when bookings race.

Each limit is a row of places 1 to N, and an appointment takes a free one of each in the statement that inserts it. Two
rivals that chose the same place meet at a unique index; none left is NULL in a column that takes none. Either way the
transaction is over and nothing remains of it.

Who reschedules holds a number more for a moment: the appointment that replaces another of the same limit stands at that
one's place and `ASIDE`, where only it can stand, and comes down to the place itself when the other is given back.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from psycopg import errors as postgres

from hub.errors import HubError
from hub.tenancy.statements import Statement
from tenants.appointments.errors import AlreadyBookedToday, HospitalDayLimit, OpenLimit, PlaceRaced
from tenants.appointments.models import ACTIVE, Appointment
from tenants.registry.selectors import InstitutionView

ASIDE = 100
_DAY = "{row}.visit_date = %(visit_date)s"


def _place(column: str, limit: str, same: str) -> str:
    """A free one of the places of a limit; beside that of the appointment this one replaces, if it is of the same."""
    return f"""COALESCE(
    (SELECT old.{column} + {ASIDE} FROM appointment AS old
     WHERE old.id = %(replaces)s AND old.person_id = %(person_id)s AND old.state IN ('held', 'booked')
       AND {same.format(row="old")}),
    (SELECT min(place) FROM generate_series(1, %({limit})s) AS places(place)
     WHERE NOT EXISTS (
        SELECT 1 FROM appointment AS a
        WHERE a.person_id = %(person_id)s AND a.id <> %(id)s AND a.state IN ('held', 'booked')
          AND {same.format(row="a")} AND a.{column} = place)))"""  # noqa: S608 - the words are this module's


# The appointment's three columns, computed by the statement that stores it.
COMPUTED = {
    "department_place": _place(
        "department_place", "limit_department_day", f"{_DAY} AND {{row}}.department_id = %(department_id)s"
    ),
    "day_place": _place("day_place", "limit_person_day", _DAY),
    "open_place": _place("open_place", "limit_open", "{row}.ends_at > %(now)s"),
}
_TAKE_AGAIN = Statement(
    "hospital",
    "UPDATE appointment SET state = 'held', department_place =",
    COMPUTED["department_place"],
    ", day_place =",
    COMPUTED["day_place"],
    ", open_place =",
    COMPUTED["open_place"],
    "WHERE id = %(id)s",
)
_COME_DOWN = Statement(
    "hospital",
    """
UPDATE appointment SET department_place = department_place - (department_place > %(aside)s)::int * %(aside)s,
    day_place = day_place - (day_place > %(aside)s)::int * %(aside)s,
    open_place = open_place - (open_place > %(aside)s)::int * %(aside)s
WHERE replaces = %(replaced)s AND state IN ('held', 'booked')""",
)
_REFUSALS: dict[str, type[HubError]] = {
    "department_place": AlreadyBookedToday,
    "day_place": HospitalDayLimit,
    "open_place": OpenLimit,
}
_RACED = frozenset(f"uq_appointment_{place}" for place in _REFUSALS)


def parameters(rules: InstitutionView, now: datetime) -> dict[str, object]:
    """Of `COMPUTED`, besides the row's own columns: how many places there are at this hospital, and the present."""
    return {
        "now": now,
        "limit_department_day": rules.limit_department_day,
        "limit_person_day": rules.limit_person_day,
        "limit_open": rules.limit_open,
    }


def take_again(appointment: Appointment, rules: InstitutionView, now: datetime) -> None:
    """Hold for a released appointment once more, in free places; refused like an insert (`refusal_of`)."""
    _TAKE_AGAIN.run(
        id=appointment.id,
        person_id=appointment.person_id,
        department_id=appointment.department_id,
        visit_date=appointment.visit_date,
        replaces=appointment.replaces,
        **parameters(rules, now),
    )


def come_down(replaced: UUID) -> None:
    """The appointment that replaces this one, which is given back, takes its places. One statement."""
    _COME_DOWN.run(replaced=replaced, aside=ASIDE)


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
