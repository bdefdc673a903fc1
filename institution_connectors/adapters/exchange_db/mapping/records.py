"""Records of the hospital's views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from institution_connectors.adapters.exchange_db.errors import Unreadable
from institution_connectors.adapters.exchange_db.mapping.words import Row
from institution_connectors.contracts import (
    BillItem,
    Department,
    Doctor,
    Number,
    NumberState,
    Period,
    Registration,
    RegistrationState,
    Report,
    Schedule,
    ScheduleState,
    Sex,
    Stop,
    VisitReport,
)
from institution_connectors.visits import STEPS, visit_fact

ValueT = TypeVar("ValueT")
_NUMBER_STATES = {
    "0": NumberState.FREE,
    "1": NumberState.LOCKED,
    "2": NumberState.TAKEN,
    "3": NumberState.STOPPED,
}
_REGISTRATION_STATES = {
    "1": RegistrationState.BOOKED,
    "2": RegistrationState.PAID,
    "3": RegistrationState.ARRIVED,
    "4": RegistrationState.DONE,
    "5": RegistrationState.CANCELLED,
    "6": RegistrationState.STOPPED,
}
_PERIODS = {period.value: period for period in Period}
_SEXES = {sex.value: sex for sex in Sex}
_APPROVED = ("3", "4")
_VISIT_COLUMNS = {
    "his_number": "reg_no",
    "registration_number": "reg_request_no",
    "his_patient_id": "patient_no",
    "ticket": "queue_no",
    "place": "place",
    "window": "window_no",
    "carrier": "carrier",
    "tracking_number": "tracking_no",
    "dispensing_number": "dispense_no",
}


def department(row: Row) -> Department:
    """A department."""
    return Department(
        code=row.text("dept_code"),
        name=row.text("dept_name"),
        parent_code=row.optional("parent_code"),
        campus=row.optional("campus"),
        place=row.optional("place"),
        insurance_code=row.optional("insurance_code"),
        introduction=row.optional("introduction"),
    )


def doctor(row: Row) -> Doctor:
    """A doctor or a rota; the column of departments may list several."""
    return Doctor(
        code=row.text("doctor_code"),
        name=row.text("doctor_name"),
        title=row.optional("title"),
        department_codes=tuple(code.strip() for code in row.text("dept_codes").split(",") if code.strip()),
        sex=_SEXES.get(row.optional("sex"), Sex.UNKNOWN),
        insurance_code=row.optional("insurance_code"),
        skills=row.optional("skills"),
        introduction=row.optional("introduction"),
        rota=row.flag("is_rota"),
    )


def schedule(row: Row) -> Schedule:
    """A session; doctor 0 or empty is the department's rota."""
    doctor_code = row.optional("doctor_code")
    return Schedule(
        code=row.text("schedule_no"),
        department_code=row.text("dept_code"),
        doctor_code="" if doctor_code == "0" else doctor_code,
        day=row.day("clinic_date"),
        period=_one_of(row, "period", _PERIODS),
        starts=row.time("start_time"),
        ends=row.time("end_time"),
        class_code=row.optional("class_code"),
        class_name=row.optional("class_name"),
        fee_fen=row.fen("fee"),
        capacity=row.number("number_total"),
        remaining=row.number("number_left"),
        state=ScheduleState.OPEN if row.text("state") == "1" else ScheduleState.STOPPED,
        campus=row.optional("campus"),
        place=row.optional("place"),
    )


def number(row: Row) -> Number:
    """A number of a session."""
    return Number(
        code=row.text("number_no"),
        schedule_code=row.text("schedule_no"),
        sequence=row.number("sequence_no"),
        starts=row.time("start_time"),
        ends=row.time("end_time"),
        state=_one_of(row, "state", _NUMBER_STATES),
    )


def stop(row: Row) -> Stop:
    """A stopped session."""
    return Stop(
        schedule_code=row.text("schedule_no"),
        day=row.day("clinic_date"),
        reason=row.optional("reason"),
        whole=row.flag("is_whole"),
        from_sequence=row.number_or_none("from_sequence"),
        from_time=row.time_or_none("from_time"),
        substitute_doctor_code=row.optional("substitute_code"),
        decided_at=row.time_or_none("decided_at"),
    )


def registration(row: Row) -> Registration:
    """A registration in a list."""
    return Registration(
        hub_number=row.optional("request_no"),
        his_number=row.text("reg_no"),
        his_patient_id=row.text("patient_no"),
        schedule_code=row.text("schedule_no"),
        number_code=row.text("number_no"),
        sequence=row.number("sequence_no"),
        starts=row.time("start_time"),
        state=_one_of(row, "state", _REGISTRATION_STATES),
        fee_fen=row.fen("fee"),
        order_number=row.optional("order_no"),
    )


def visit(row: Row) -> VisitReport:
    """A step of a visit."""
    step = row.text("event")
    if step not in STEPS:
        raise Unreadable(f"hub_event.event is not one of {', '.join(STEPS)}")
    fact = visit_fact(
        step,
        row.time("event_time"),
        required=lambda name: row.text(_VISIT_COLUMNS[name]),
        optional=lambda name: row.optional(_VISIT_COLUMNS[name]),
    )
    return VisitReport(event_number=row.text("event_no"), fact=fact)


def bill_item(row: Row) -> BillItem:
    """A line of a bill."""
    return BillItem(
        code=row.text("item_code"),
        name=row.text("item_name"),
        unit_price_fen=row.fen("price"),
        quantity=row.text("quantity"),
        amount_fen=row.fen("amount"),
        unit=row.optional("unit"),
        reverses=row.optional("reverse_of"),
    )


def report(row: Row) -> Report:
    """The head of a report."""
    return Report(
        code=row.text("report_no"),
        title=row.text("title"),
        approved=row.text("state") in _APPROVED,
        reported_at=row.time("reported_at"),
    )


def _one_of(row: Row, name: str, known: Mapping[str, ValueT]) -> ValueT:
    value = row.text(name)
    if value not in known:
        raise Unreadable(f"{name} {value[:10]!r} is not one of {' '.join(known)}")
    return known[value]
