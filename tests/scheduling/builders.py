"""A small hospital as its HIS would tell it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from hub import clock
from hub.actor import system_actor
from hub.tenancy.scope import hospital
from institution_connectors.contracts.inbound import ScheduleSnapshot
from institution_connectors.contracts.results import Departments, Doctors
from institution_connectors.contracts.values import (
    Department,
    Doctor,
    Number,
    NumberState,
    Period,
    Schedule,
    ScheduleState,
)
from tenants.directory import services as directory
from tenants.scheduling import services as scheduling
from tenants.scheduling.models import Session

SYNC = system_actor("同步")
TOMORROW = clock.today() + timedelta(days=1)


def departments(*names: str) -> Departments:
    """Departments K1, K2, ... of these names."""
    rows = tuple(Department(code=f"K{index}", name=name) for index, name in enumerate(names, 1))
    return Departments(departments=rows, total=len(rows))


def doctors() -> Doctors:
    """A chief in K1 and one in K1 and K2."""
    rows = (
        Doctor(code="D1", name="沈明远", title="主任医师", department_codes=("K1",), skills="高血压"),
        Doctor(code="D2", name="陆清禾", title="主治医师", department_codes=("K1", "K2")),
    )
    return Doctors(doctors=rows, total=len(rows))


def schedule(
    code: str = "S1",
    *,
    day: date = TOMORROW,
    doctor: str = "D1",
    fee_fen: int = 5000,
    state: str = "open",
    room: str = "",
) -> Schedule:
    """A morning session from 08:00 to 12:00."""
    return Schedule(
        code=code,
        department_code="K1",
        doctor_code=doctor,
        day=day,
        period=Period.MORNING,
        starts=clock.at(day, time(8)),
        ends=clock.at(day, time(12)),
        class_code="1",
        class_name="专家",
        fee_fen=fee_fen,
        capacity=0,
        remaining=0,
        state=ScheduleState(state),
        place=room,
    )


def numbers(
    count: int,
    code: str = "S1",
    *,
    day: date = TOMORROW,
    minutes: int = 15,
    states: dict[int, NumberState] | None = None,
) -> tuple[Number, ...]:
    """Numbers 1 to `count`, one after the other from 08:00 (four hours at most: they begin again at 08:00)."""
    per_morning = 240 // minutes
    return tuple(
        Number(
            code=f"{code}-{sequence}",
            schedule_code=code,
            sequence=sequence,
            starts=clock.at(day, time(8)) + timedelta(minutes=minutes * ((sequence - 1) % per_morning)),
            ends=clock.at(day, time(8)) + timedelta(minutes=minutes * ((sequence - 1) % per_morning + 1)),
            state=(states or {}).get(sequence, NumberState.FREE),
        )
        for sequence in range(1, count + 1)
    )


def snapshot(
    schedules: tuple[Schedule, ...],
    told: tuple[Number, ...],
    *,
    complete: bool = False,
    at: datetime | None = None,
    withdrawn: tuple[str, ...] = (),
) -> ScheduleSnapshot:
    """What a HIS tells, now or at `at`."""
    return ScheduleSnapshot(
        occurred_at=at or clock.now(),
        snapshot_id="test",
        first_day=TOMORROW,
        last_day=TOMORROW + timedelta(days=6),
        schedules=schedules,
        numbers=told,
        sessions_with_numbers=tuple(schedule.code for schedule in schedules),
        withdrawn=withdrawn,
        complete=complete,
    )


def open_hospital(code: str, *names: str) -> None:
    """Departments and doctors, as the HIS lists them."""
    directory.apply_departments(code, departments(*(names or ("心血管内科", "精神心理科"))), actor=SYNC)
    directory.apply_doctors(code, doctors(), actor=SYNC)


def open_session(code: str, count: int, *, his_code: str = "S1") -> UUID:
    """One session with `count` numbers; its id."""
    scheduling.apply_snapshot(code, snapshot((schedule(his_code),), numbers(count, his_code)), actor=SYNC)
    return session_id(code, his_code)


def session_id(code: str, his_code: str = "S1") -> UUID:
    """The id of a session by the HIS's code."""
    with hospital(code, read_only=True):
        return Session.objects.values_list("id", flat=True).get(his_code=his_code)
