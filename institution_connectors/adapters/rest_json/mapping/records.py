"""Records of the hospital that appear in answers and in messages alike."""

from __future__ import annotations

from institution_connectors.adapters.rest_json.errors import Unreadable
from institution_connectors.adapters.rest_json.mapping.words import Row
from institution_connectors.contracts import (
    Department,
    Doctor,
    Number,
    NumberState,
    Patient,
    Period,
    Registration,
    RegistrationState,
    Schedule,
    ScheduleState,
    Sex,
    Stop,
)

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


def department(row: Row) -> Department:
    """A department."""
    return Department(
        code=row.text("dept_id"),
        name=row.text("dept_name"),
        parent_code=row.optional("parent_id"),
        campus=row.optional("campus"),
        place=row.optional("address"),
        insurance_code=row.optional("si_dept_code"),
        introduction=row.optional("intro"),
    )


def doctor(row: Row) -> Doctor:
    """A doctor or a rota; `dept_id` may list several departments."""
    return Doctor(
        code=row.text("doctor_id"),
        name=row.text("doctor_name"),
        title=row.optional("title"),
        department_codes=tuple(code for code in row.text("dept_id").split(",") if code),
        sex=_SEXES.get(row.optional("sex"), Sex.UNKNOWN),
        insurance_code=row.optional("si_doctor_code"),
        skills=row.optional("skill"),
        introduction=row.optional("intro"),
        rota=row.flag("is_rota"),
    )


def schedule(row: Row) -> Schedule:
    """A session; doctor 0 or empty is the department's rota."""
    doctor_code = row.optional("doctor_id")
    return Schedule(
        code=row.text("schedule_no"),
        department_code=row.text("dept_id"),
        doctor_code="" if doctor_code == "0" else doctor_code,
        day=row.day("date"),
        period=_period(row),
        starts=row.time("start_time"),
        ends=row.time("end_time"),
        class_code=row.optional("reg_level"),
        class_name=row.optional("reg_level_name"),
        fee_fen=row.fen("reg_fee"),
        capacity=row.number("reg_total"),
        remaining=row.number("reg_count"),
        state=ScheduleState.OPEN if row.text("state") == "1" else ScheduleState.STOPPED,
        campus=row.optional("campus"),
        place=row.optional("address"),
    )


def number(row: Row) -> Number:
    """A number of a session."""
    state = row.text("state")
    if state not in _NUMBER_STATES:
        raise Unreadable(f"number state {state!r} is not one of 0 1 2 3")
    return Number(
        code=row.text("number_id"),
        schedule_code=row.text("schedule_no"),
        sequence=row.number("see_no"),
        starts=row.time("start_time"),
        ends=row.time("end_time"),
        state=_NUMBER_STATES[state],
    )


def stop(row: Row) -> Stop:
    """A stopped session."""
    return Stop(
        schedule_code=row.text("schedule_no"),
        day=row.day("date"),
        reason=row.optional("reason"),
        whole=row.flag("whole"),
        from_sequence=row.number_or_none("from_see_no"),
        from_time=row.time_or_none("from_time"),
        substitute_doctor_code=row.optional("substitute_doctor_id"),
        decided_at=row.time_or_none("time_decided"),
    )


def patient(row: Row) -> Patient:
    """An archive."""
    return Patient(
        his_id=row.text("patient_id"),
        name=row.text("name"),
        document_type=row.text("cert_type"),
        document_number=row.text("cert_no"),
        sex=_SEXES.get(row.optional("sex"), Sex.UNKNOWN),
        birth_date=row.day("birthday"),
        phone=row.optional("mobile"),
        address=row.optional("home_address"),
    )


def registration(row: Row) -> Registration:
    """A registration in a list."""
    state = row.text("state")
    if state not in _REGISTRATION_STATES:
        raise Unreadable(f"registration state {state!r} is not one of 1 to 6")
    return Registration(
        hub_number=row.optional("hub_no"),
        his_number=row.text("reg_id"),
        his_patient_id=row.text("patient_id"),
        schedule_code=row.text("schedule_no"),
        number_code=row.text("number_id"),
        sequence=row.number("see_no"),
        starts=row.time("start_time"),
        state=_REGISTRATION_STATES[state],
        fee_fen=row.fen("reg_fee"),
        order_number=row.optional("trade_no"),
    )


def _period(row: Row) -> Period:
    period = _PERIODS.get(row.text("noon"))
    if period is None:
        raise Unreadable("noon is not one of am pm night day")
    return period
