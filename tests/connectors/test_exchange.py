"""An ask from its commit to its answer, through the relay's own code, against the real sandbox over sockets."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from hub.work import work
from institution_connectors.contracts import (
    Answer,
    ListNumbers,
    ListSchedules,
    Number,
    Numbers,
    NumberState,
    Outcome,
    Register,
    Registered,
    Request,
    Schedule,
    Schedules,
)
from institution_connectors.exchange import selectors
from institution_connectors.exchange.services import ask_now
from institution_connectors.exchange.steps import enqueue_ask
from tests.connectors.conftest import ACTOR, Connected
from tests.connectors.people import hub_number, somebody


def free_number(his: Connected) -> tuple[Schedule, Number]:
    """A bookable number of tomorrow or later."""
    day = clock.today() + timedelta(days=1)
    sessions = ask_now(his.code, ListSchedules(first_day=day, last_day=day + timedelta(days=3))).expect(Schedules)
    for schedule in sessions.schedules:
        numbers = ask_now(his.code, ListNumbers(schedule_code=schedule.code)).expect(Numbers)
        free = [number for number in numbers.numbers if number.state is NumberState.FREE]
        if free:
            return schedule, free[0]
    pytest.fail("the sandbox has no free number left")


def registration(his: Connected) -> Register:
    """A registration nobody asked for yet."""
    schedule, number = free_number(his)
    return Register(
        hub_number=hub_number(),
        schedule_code=schedule.code,
        number_code=number.code,
        sequence=number.sequence,
        starts=number.starts,
        patient=somebody(),
        fee_fen=schedule.fee_fen,
    )


def enqueue(code: str, request: Request, *, key: str = "k1", seconds: float = 60) -> UUID:
    """Ask in a unit of work of its own."""
    with work(code, actor=ACTOR) as unit:
        found = enqueue_ask(
            unit, request=request, key=key, correlation=key, deadline=unit.now + timedelta(seconds=seconds)
        )
        unit.audit("test.asked", target=f"exchange:{found}")
    return found


def answer_of(code: str, exchange_id: UUID) -> Answer:
    """The stored answer."""
    with hospital(code, read_only=True):
        return selectors.answer(exchange_id)


@pytest.mark.requirement("JA-HIS-01")
def test_a_registration_reaches_the_hospital_and_its_answer_comes_back(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    exchange_id = enqueue(alpha_his.code, request)
    drain()
    answer = answer_of(alpha_his.code, exchange_id)
    assert answer.outcome is Outcome.ACCEPTED
    known = answer.expect(Registered)
    [row] = alpha_his.board.act("registrations", hub_number=request.hub_number)["registrations"]
    assert (row["his_number"], row["number_code"]) == (known.his_number, request.number_code)
