"""What the hospital's own system says, read day by day before anything is compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypeVar

from hub import clock, ids
from hub.actor import system_actor
from hub.tenancy.scope import hospital
from institution_connectors.catalog import selectors as connectors
from institution_connectors.contracts.inbound import ScheduleSnapshot
from institution_connectors.contracts.operations import Operation
from institution_connectors.contracts.outcomes import Outcome
from institution_connectors.contracts.requests import ListNumbers, ListRegistrations, ListSchedules, Request
from institution_connectors.contracts.results import (
    Numbers,
    Registration,
    Registrations,
    RegistrationState,
    Result,
    Schedules,
)
from institution_connectors.contracts.values import Number, ScheduleState
from institution_connectors.exchange.services import ask_now
from tenants.appointments.resync import Books
from tenants.registry.selectors import institution
from tenants.scheduling import resync as scheduling
from tenants.scheduling.services import apply_snapshot

ACTOR = system_actor("数据核对")
NOT_ASKED = Books({}, None)


R = TypeVar("R", bound=Result)


class Unreachable(Exception):
    """The hospital's system does not answer; the comparison waits for it, it never guesses."""


def books(code: str, *, first_day: date, last_day: date) -> Books:
    """The hospital's list of the hub's registrations, one question a day; Unreachable when one is not answered.

    A hospital whose connector can't list them is not asked: its registrations are left to a person.
    """
    if not connectors.can(code, Operation.LIST_REGISTRATIONS):
        return NOT_ASKED
    found: dict[str, Registration] = {}
    for day in _days(first_day, last_day):
        listed = _asked(code, ListRegistrations(first_day=day, last_day=day), Registrations)
        for one in listed.registrations:
            known = found.get(one.hub_number)
            if known is None or known.state is RegistrationState.CANCELLED:
                found[one.hub_number] = one
    return Books(found, first_day)


def follow_new_sessions(code: str) -> int:
    """Enter the sessions a restored schema has not heard of yet; how many. The rest comes with the next poll."""
    if not connectors.can(code, Operation.LIST_SCHEDULES):
        return 0
    first, generation = clock.today(), institution(code).his_generation
    last = first + timedelta(days=institution(code).release_days)
    asked_at = clock.now()
    told = _asked(code, ListSchedules(first_day=first, last_day=last), Schedules).schedules
    with hospital(code, read_only=True):
        known = scheduling.known_sessions(first, generation=generation)
    fresh = tuple(one for one in told if one.code not in known and one.state is ScheduleState.OPEN)
    numbers: list[Number] = []
    for one in fresh:
        numbers += _asked(code, ListNumbers(schedule_code=one.code), Numbers).numbers
    if fresh:
        snapshot = ScheduleSnapshot(
            occurred_at=asked_at,
            snapshot_id=ids.uuid7().hex,
            first_day=first,
            last_day=last,
            schedules=fresh,
            numbers=tuple(numbers),
            sessions_with_numbers=tuple(one.code for one in fresh),
            complete=False,
        )
        apply_snapshot(code, snapshot, actor=ACTOR, generation=generation)
    return len(fresh)


def _asked(code: str, request: Request, kind: type[R]) -> R:
    answer = ask_now(code, request, correlation="resync")
    if answer.outcome is not Outcome.ACCEPTED:
        raise Unreachable(answer.reason.text)
    return answer.expect(kind)


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
