"""Asking hospitals in tests, and waiting for what comes of it."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

import pytest

from hub import clock
from hub.outbox.events import RunsIn, handles
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from hub.work import Unit, work
from institution_connectors.contracts import (
    Answer,
    ListNumbers,
    ListSchedules,
    Number,
    Numbers,
    NumberState,
    Register,
    Request,
    Schedule,
    Schedules,
)
from institution_connectors.exchange import selectors
from institution_connectors.exchange.events import ExchangeAnswered
from institution_connectors.exchange.models import State
from institution_connectors.exchange.selectors import ExchangeRow
from institution_connectors.exchange.services import ask_now
from institution_connectors.exchange.steps import enqueue_ask
from tests.connectors.conftest import ACTOR, Connected
from tests.connectors.people import hub_number, somebody

_TOLD: dict[UUID, list[tuple[str, str]]] = {}


@handles(ExchangeAnswered, runs_in=RunsIn.HOSPITAL)
def note_answer(event: ExchangeAnswered, unit: Unit) -> None:
    """Keeps what was told; an answer must be readable when it is."""
    if event.outcome.definite:
        assert selectors.answer(event.exchange_id).reason is event.reason
    unit.audit("test.told", target=f"exchange:{event.exchange_id}")
    _TOLD.setdefault(event.exchange_id, []).append((str(event.outcome), str(event.reason)))


def answers_told(exchange_id: UUID) -> list[tuple[str, str]]:
    """The events published about an ask, delivered now."""
    drain()
    return _TOLD.get(exchange_id, [])


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


def registration(his: Connected, schedule: Schedule | None = None, number: Number | None = None) -> Register:
    """A registration nobody asked for yet."""
    if schedule is None or number is None:
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


def enqueue(code: str, request: Request, *, key: str = "k1", correlation: str = "", seconds: float = 60) -> UUID:
    """Ask in a unit of work of its own."""
    with work(code, actor=ACTOR) as unit:
        found = enqueue_ask(
            unit,
            request=request,
            key=key,
            correlation=correlation or key,
            deadline=unit.now + timedelta(seconds=seconds),
        )
        unit.audit("test.asked", target=f"exchange:{found}")
    return found


def drain_until(code: str, exchange_id: UUID, *, seconds: float = 12) -> None:
    """Deliver until the ask has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        drain()
        if state_of(code, exchange_id).state in {State.ACCEPTED, State.REJECTED}:
            return
        time.sleep(0.1)
    pytest.fail(f"still {state_of(code, exchange_id)}")


def state_of(code: str, exchange_id: UUID | None) -> ExchangeRow:
    """Where an ask stands; the newest of the hospital for None."""
    with hospital(code, read_only=True):
        return selectors.state(exchange_id) if exchange_id else selectors.exchanges(limit=1)[0]


def answer_of(code: str, exchange_id: UUID) -> Answer:
    """The stored answer."""
    with hospital(code, read_only=True):
        return selectors.answer(exchange_id)
