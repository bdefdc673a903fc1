"""Results out of the hospital's views, a small function for each operation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from institution_connectors import contracts as c
from institution_connectors.adapters.exchange_db.errors import CallFailed, Incomplete
from institution_connectors.adapters.exchange_db.mapping import records
from institution_connectors.adapters.exchange_db.mapping.words import Row, wall
from institution_connectors.adapters.exchange_db.reading import Reading
from institution_connectors.adapters.exchange_db.tables import EVENT, TABLES
from institution_connectors.contracts import Answer, Operation, Reason, Result

JOB_SECONDS = 60
AT_ONCE = 500  # values in one list of a query: Oracle takes at most 1,000
_EVERYTHING = ("*",)


def _of(view: str) -> sa.ColumnCollection[str, sa.Column[Any]]:
    return TABLES[view].c


def ping(_: c.Ping, at: Reading) -> c.Pong:
    """The database's clock; a job that has stopped running is a hospital that answers nothing."""
    row = at.one("v_hub_clock")
    now, job = row.time("now_time"), row.time_or_none("job_time")
    silent = (now - job).total_seconds() if job is not None else 0.0
    if silent > JOB_SECONDS:
        stopped = f"the hospital's job last ran {silent:.0f} s ago"
        raise CallFailed(Answer.rejected(Reason.UNREACHABLE, text=stopped, sent=False))
    return c.Pong(his_time=now)


def departments(_: c.ListDepartments, at: Reading) -> c.Departments:
    rows, total = at.batch("DEPARTMENT", _EVERYTHING, lambda: at.rows("v_hub_department", order=("dept_code",)))
    return c.Departments(departments=tuple(map(records.department, rows)), total=total)


def doctors(request: c.ListDoctors, at: Reading) -> c.Doctors:
    rows, total = at.batch("DOCTOR", _EVERYTHING, lambda: at.rows("v_hub_doctor", order=("doctor_code",)))
    found = tuple(map(records.doctor, rows))
    wanted = request.department_code
    if not wanted or len(found) != total:
        return c.Doctors(doctors=found, total=total)
    mine = tuple(one for one in found if wanted in one.department_codes)
    return c.Doctors(doctors=mine, total=len(mine))


def number_classes(_: c.ListNumberClasses, at: Reading) -> c.NumberClasses:
    rows, total = at.batch("CLASS", _EVERYTHING, lambda: at.rows("v_hub_number_class", order=("class_code",)))
    _agree("v_hub_number_class", len(rows), total)
    return c.NumberClasses(
        classes=tuple(
            c.NumberClass(code=row.text("class_code"), name=row.text("class_name"), fee_fen=row.fen("fee"))
            for row in rows
        )
    )


def schedules(request: c.ListSchedules, at: Reading) -> c.Schedules:
    first, last = request.first_day, request.last_day
    rows, total = at.batch(
        "SCHEDULE", _days(first, last), lambda: _between_days(at, "v_hub_schedule", first, last, "schedule_no")
    )
    found = tuple(map(records.schedule, rows))
    wanted = request.department_code
    if not wanted or len(found) != total:
        return c.Schedules(schedules=found, total=total)
    mine = tuple(one for one in found if one.department_code == wanted)
    return c.Schedules(schedules=mine, total=len(mine))


def numbers(request: c.ListNumbers, at: Reading) -> c.Numbers:
    wanted = request.schedule_code
    total = at.one("v_hub_schedule", _of("v_hub_schedule").schedule_no == wanted).number("number_total")
    rows = at.rows("v_hub_number", _of("v_hub_number").schedule_no == wanted, order=("sequence_no",))
    return c.Numbers(numbers=tuple(map(records.number, rows)), total=total)


def stops(request: c.ListStopped, at: Reading) -> c.Stops:
    rows = _between_days(at, "v_hub_stop", request.first_day, request.last_day, "schedule_no")
    return c.Stops(stops=tuple(map(records.stop, rows)))


def registrations(request: c.ListRegistrations, at: Reading) -> c.Registrations:
    view, first, last = "v_hub_registration", request.first_day, request.last_day
    rows, total = at.batch("REGISTRATION", _days(first, last), lambda: _between_days(at, view, first, last, "reg_no"))
    found = tuple(map(records.registration, rows))
    if not request.his_patient_id or len(found) != total:
        return c.Registrations(registrations=found, total=total)
    mine = tuple(one for one in found if one.his_patient_id == request.his_patient_id)
    return c.Registrations(registrations=mine, total=len(mine))


def visits(request: c.ListVisitEvents, at: Reading) -> c.VisitReports:
    """What the hub has not said it holds, however long ago it was written: a row that was committed late is not missed
    by a time that has passed it. Besides what was written since: a hub restored from a backup asks for that again.
    """
    rows = at.rows(
        "hub_event",
        sa.or_(EVENT.c.taken_flag == "0", EVENT.c.written_at >= wall(request.since)),
        order=("event_no",),
    )
    return c.VisitReports(reports=tuple(map(records.visit, rows)), total=len(rows))


def confirm_visits(request: c.ConfirmVisitEvents, at: Reading) -> c.Done:
    numbers = [int(number) for number in request.event_numbers]
    for first in range(0, len(numbers), AT_ONCE):
        of = EVENT.c.event_no.in_(numbers[first : first + AT_ONCE])
        at.change(sa.update(EVENT).where(of, EVENT.c.taken_flag == "0").values(taken_flag="1"))
    return c.Done()


def queue(request: c.WaitingQueue, at: Reading) -> c.QueueState:
    columns = _of("v_hub_queue")
    whose = columns.reg_no == request.his_number
    if request.registration_number:
        whose = sa.or_(whose, columns.reg_request_no == request.registration_number)
    return c.QueueState(
        places=tuple(
            c.QueuePlace(
                department_code=row.text("dept_code"),
                ticket=row.text("queue_no"),
                ahead=row.number("ahead"),
                place=row.optional("place"),
                now_serving=row.optional("now_serving"),
            )
            for row in at.rows("v_hub_queue", whose)
        )
    )


def _days(first: date, last: date) -> list[str]:
    return [f"{first + timedelta(days=ahead):%Y%m%d}" for ahead in range((last - first).days + 1)]


def _between_days(at: Reading, view: str, first: date, last: date, order: str) -> list[Row]:
    return at.rows(view, _of(view).clinic_date.between(first, last), order=(order,))


def span(column: sa.Column[Any], first: date, last: date) -> sa.ColumnElement[bool]:
    """Moments of a span of days, the last included."""
    begin, end = datetime.combine(first, time()), datetime.combine(last + timedelta(days=1), time())
    return sa.and_(column >= begin, column < end)


def _agree(view: str, count: int, total: int) -> None:
    if count != total:
        raise Incomplete(f"{view} has {count} rows, the hospital counts {total}")


READERS: dict[Operation, Callable[[Any, Reading], Result]] = {
    Operation.PING: ping,
    Operation.LIST_DEPARTMENTS: departments,
    Operation.LIST_DOCTORS: doctors,
    Operation.LIST_NUMBER_CLASSES: number_classes,
    Operation.LIST_SCHEDULES: schedules,
    Operation.LIST_NUMBERS: numbers,
    Operation.LIST_STOPPED: stops,
    Operation.LIST_REGISTRATIONS: registrations,
    Operation.LIST_VISIT_EVENTS: visits,
    Operation.CONFIRM_VISIT_EVENTS: confirm_visits,
    Operation.WAITING_QUEUE: queue,
}
