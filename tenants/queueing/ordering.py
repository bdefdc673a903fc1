"""Who comes next: pure, without a clock and without a database, like `booking/process.py`.

Everybody present is ordered by booked time, put forward by what his priority allows. Who was late or missed a call
waits until `not_before` turns are over, that is N places behind. Turns count calls, so "three places behind" means
three other people called, however long they take. The clock of a queue is the booked time it has come to,
not the wall's: it moves with a late doctor, and it passes only people who are not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tenants.queueing.rules import Priority, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody who has not been called yet, or comes back. `not_before` is the turn before which he is not called."""

    id: UUID
    booked: datetime
    booked_end: datetime
    sequence: int
    present: bool = True
    priority: Priority = Priority.NONE
    not_before: int = 0


def order(waiting: Iterable[Waiting], *, turn: int, run: int, rules: Rules) -> list[Waiting]:
    """All of `waiting`, present or not, in the order they would be called if all were there.

    `turn` counts the calls made so far, `run` the emergencies called in a row just before. Nobody is left out; two runs
    over the same people in any order give the same answer.
    """
    left = sorted(waiting, key=lambda one: _place(one, rules))
    line: list[Waiting] = []
    while left:
        ready = [one for one in left if one.not_before <= turn] or [min(left, key=lambda one: one.not_before)]
        urgent = next((one for one in ready if one.priority is Priority.EMERGENCY), None)
        calm = next((one for one in ready if one.priority is not Priority.EMERGENCY), None)
        chosen = urgent if urgent is not None and (run < rules.emergency_run or calm is None) else calm
        assert chosen is not None  # `ready` is never empty
        run = run + 1 if chosen.priority is Priority.EMERGENCY else 0
        turn += 1
        left.remove(chosen)
        line.append(chosen)
    return line


def callable_line(waiting: Iterable[Waiting], *, turn: int, run: int, rules: Rules) -> list[Waiting]:
    """Those who are there, in the order they are called."""
    return order((one for one in waiting if one.present), turn=turn, run=run, rules=rules)


def _place(one: Waiting, rules: Rules) -> tuple[datetime, int, UUID]:
    return one.booked - rules.advance_of(one.priority), one.sequence, one.id


def clock_of(waiting: Sequence[Waiting], *, now: datetime, turn: int) -> datetime | None:
    """The booked time this queue has come to; None while its doctor has called nobody, for then nobody is late.

    It stands still at the earliest booked time of those who sit there and wait in turn, however late the doctor is.
    """
    if turn == 0:
        return None
    seated = [one.booked for one in waiting if one.present and one.not_before == 0]
    return min([now, *seated])


def is_late(booked_end: datetime, *, clock: datetime | None, held: timedelta, rules: Rules) -> bool:
    """Whether somebody who arrives when the queue has come to `clock` is late; `held` is how long the queue paused."""
    return clock is not None and booked_end + rules.late_after + held < clock


def run_out(
    waiting: Sequence[Waiting], *, now: datetime, turn: int, held: timedelta, paused: bool, rules: Rules
) -> list[Waiting]:
    """Those whom the clock passes: not there, and the queue has come beyond their time. Never somebody present."""
    if paused:
        return []
    clock = clock_of(waiting, now=now, turn=turn)
    return [one for one in waiting if not one.present and is_late(one.booked_end, clock=clock, held=held, rules=rules)]
