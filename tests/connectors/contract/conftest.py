"""One hospital of the sandbox per dialect case, spoken to through the pipeline's own call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from hub import clock
from hub.security.keyring import ring
from institution_connectors.contracts import (
    Answer,
    BookingMode,
    CreatePatient,
    ListNumbers,
    ListSchedules,
    Locked,
    LockNumber,
    Number,
    Numbers,
    NumberState,
    Operation,
    Patient,
    PatientCreated,
    Register,
    Request,
    Schedule,
    Schedules,
    Wire,
)
from institution_connectors.runtime import adapters, gate, pipeline
from tests.connectors.dialects import CASES, SECRET, Case
from tests.connectors.people import hub_number, somebody
from tests.harness.outside import Board, Outside


@dataclass(slots=True)
class His:
    """A hospital under test."""

    case: Case
    board: Board
    wires: list[Wire]

    def ask(self, request: Request) -> Answer:
        """One call, as the pipeline makes it."""
        gate.reset()
        return pipeline.call(self.case.profile, request, uuid4().hex, self.wires.append)

    def needs(self, *operations: Operation) -> None:
        """Skip what this dialect does not have; its capabilities say so."""
        for operation in operations:
            if not self.case.can(operation):
                pytest.skip(f"{self.case.dialect} has no {operation}")

    def sessions(self) -> tuple[Schedule, ...]:
        """The sessions of the coming days."""
        day = clock.today() + timedelta(days=1)
        return self.ask(ListSchedules(first_day=day, last_day=day + timedelta(days=3))).expect(Schedules).schedules

    def free(self) -> tuple[Schedule, Number]:
        """A session with a free number."""
        for schedule in self.sessions():
            numbers = self.ask(ListNumbers(schedule_code=schedule.code)).expect(Numbers).numbers
            for number in numbers:
                if number.state is NumberState.FREE:
                    return schedule, number
        pytest.fail("the sandbox has no free number left")

    def patient(self, person: Patient | None = None) -> Patient:
        """Somebody with an archive."""
        person = person or somebody()
        made = self.ask(CreatePatient(hub_number=hub_number(), patient=person)).expect(PatientCreated)
        return replace(person, his_id=made.his_patient_id)

    def registration(self, patient: Patient | None = None) -> Register:
        """A registration ready to be asked for, its number locked where the hospital wants that."""
        schedule, number = self.free()
        person = patient or self.patient()
        lock_number, lock_code = "", ""
        if self.case.mode is BookingMode.HIS_LOCKED:
            lock_number = hub_number("L")
            asked = LockNumber(
                hub_number=lock_number, schedule_code=schedule.code, number_code=number.code, patient=person
            )
            lock_code = self.ask(asked).expect(Locked).lock_code
        return Register(
            hub_number=hub_number(),
            schedule_code=schedule.code,
            number_code=number.code,
            sequence=number.sequence,
            starts=number.starts,
            patient=person,
            fee_fen=schedule.fee_fen,
            lock_number=lock_number,
            lock_code=lock_code,
        )

    def registrations(self, number: str) -> list[dict[str, object]]:
        """What the hospital has under a hub number, by its own books."""
        rows: list[dict[str, object]] = self.board.act("registrations", hub_number=number)["registrations"]
        return rows


@pytest.fixture(params=CASES, ids=[case.code for case in CASES])
def his(request: pytest.FixtureRequest, outside: Outside) -> Iterator[His]:
    """Each hospital in turn, behaving well at the beginning and at the end."""
    case: Case = request.param
    ring().put_secret(f"connector.{case.code}", SECRET.encode())
    board = outside.board(f"his-{case.code}")
    board.all_off()
    yield His(case, board, [])
    board.all_off()
    adapters.close_all()


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Shorten the time-outs, for tests of silence."""

    def shorten() -> None:
        monkeypatch.setattr("institution_connectors.contracts.operations._COMMAND_READ", 0.7)
        monkeypatch.setattr("institution_connectors.contracts.operations._READ", 0.7)

    return shorten
