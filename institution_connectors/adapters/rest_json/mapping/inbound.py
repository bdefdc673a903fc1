"""Facts out of the messages hospitals push."""

from __future__ import annotations

from datetime import datetime

from institution_connectors.adapters.rest_json.errors import Incomplete, Unreadable
from institution_connectors.adapters.rest_json.mapping import records
from institution_connectors.adapters.rest_json.mapping.words import Row
from institution_connectors.contracts import (
    Fact,
    MalformedMessage,
    NumberTaken,
    PatientsMerged,
    ResultReported,
    ScheduleSnapshot,
    SessionStopped,
    VisitFact,
)
from institution_connectors.visits import STEPS, visit_fact


def facts_of(kind: str, occurred_at: datetime, row: Row) -> tuple[Fact, ...]:
    """The facts of a message of this kind; `MalformedMessage` says precisely what is wrong with it."""
    if kind not in _KINDS:
        raise MalformedMessage(f"kind {kind!r} is not one of {', '.join(sorted(_KINDS))}")
    try:
        return (_KINDS[kind](occurred_at, row),)
    except (Incomplete, Unreadable) as problem:
        raise MalformedMessage(str(problem)) from problem


def _snapshot(occurred_at: datetime, row: Row) -> ScheduleSnapshot:
    schedules = tuple(map(records.schedule, row.rows("schedules")))
    numbers = tuple(map(records.number, row.rows("numbers")))
    for name, rows in (("schedule_total", schedules), ("number_total", numbers)):
        if row.number(name) != len(rows):
            raise Unreadable(f"{name} says {row.number(name)}, the list has {len(rows)}")
    return ScheduleSnapshot(
        occurred_at=occurred_at,
        snapshot_id=row.text("snapshot_id"),
        first_day=row.day("start_date"),
        last_day=row.day("end_date"),
        schedules=schedules,
        numbers=numbers,
        sessions_with_numbers=tuple(schedule.code for schedule in schedules),
        withdrawn=tuple(item.text("schedule_no") for item in row.rows("withdrawn")) if row.has("withdrawn") else (),
        complete=not row.flag("partial"),
    )


def _stopped(occurred_at: datetime, row: Row) -> SessionStopped:
    return SessionStopped(occurred_at=occurred_at, stop=records.stop(row))


def _taken(occurred_at: datetime, row: Row) -> NumberTaken:
    return NumberTaken(
        occurred_at=occurred_at,
        schedule_code=row.text("schedule_no"),
        number_code=row.text("number_id"),
        sequence=row.number("see_no"),
        free=row.flag("free"),
    )


_VISIT_FIELDS = {
    "his_number": "reg_id",
    "registration_number": "reg_hub_no",
    "his_patient_id": "patient_id",
    "ticket": "queue_no",
    "place": "address",
    "window": "window_no",
    "carrier": "carrier",
    "tracking_number": "tracking_no",
    "dispensing_number": "dispense_no",
}


def visit(occurred_at: datetime, row: Row) -> VisitFact:
    """A step of a visit, as pushed or as listed."""
    step = row.text("event")
    if step not in STEPS:
        raise Unreadable(f"event {step!r} is not one of {', '.join(STEPS)}")
    return visit_fact(
        step,
        occurred_at,
        required=lambda name: row.text(_VISIT_FIELDS[name]),
        optional=lambda name: row.optional(_VISIT_FIELDS[name]),
    )


def _merged(occurred_at: datetime, row: Row) -> PatientsMerged:
    return PatientsMerged(occurred_at=occurred_at, kept_id=row.text("kept_id"), merged_id=row.text("merged_id"))


def _reported(occurred_at: datetime, row: Row) -> ResultReported:
    return ResultReported(
        occurred_at=occurred_at,
        his_patient_id=row.text("patient_id"),
        report_code=row.text("sample_id"),
        title=row.text("title"),
        status=row.text("status"),
        his_number=row.optional("reg_id"),
    )


_KINDS = {
    "schedule_snapshot": _snapshot,
    "session_stopped": _stopped,
    "number_taken": _taken,
    "visit_event": visit,
    "patients_merged": _merged,
    "result_reported": _reported,
}
