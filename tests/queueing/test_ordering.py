"""The order of a queue, as tables and as properties: who comes next, whom the clock passes, and that nobody starves."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tenants.queueing.ordering import Waiting, callable_line, clock_of, is_late, order, run_out
from tenants.queueing.rules import Priority, Rules

BEGIN = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
RULES = Rules(late_minutes=10, late_places=3, missed_places=3, emergency_run=2)


def at(minutes: int) -> datetime:
    """So many minutes into the session."""
    return BEGIN + timedelta(minutes=minutes)


def somebody(name: int, **facts: object) -> Waiting:
    """Number `name`, booked for minute 10 x name, there unless said otherwise."""
    values = {
        "id": UUID(int=name),
        "booked": at(10 * name),
        "booked_end": at(10 * name + 10),
        "sequence": name,
        **facts,
    }
    return Waiting(**values)  # type: ignore[arg-type]


def names(line: list[Waiting]) -> list[int]:
    """The numbers of a line."""
    return [one.id.int for one in line]


@pytest.mark.parametrize(
    ("case", "line", "turn", "run", "expected"),
    [
        ("booked time decides", [somebody(3), somebody(1), somebody(2)], 0, 0, [1, 2, 3]),
        (
            "same time, then the number",
            [somebody(2, booked=at(10)), somebody(1)],
            0,
            0,
            [1, 2],
        ),
        ("80 and over is put forward", [somebody(1), somebody(4, priority=Priority.ELDER_80)], 0, 0, [4, 1]),
        ("65 and over is put forward less", [somebody(1), somebody(4, priority=Priority.ELDER_65)], 0, 0, [1, 4]),
        ("an emergency goes first", [somebody(1), somebody(9, priority=Priority.EMERGENCY)], 0, 0, [9, 1]),
        (
            "but not for ever",
            [somebody(1), *(somebody(n, priority=Priority.EMERGENCY) for n in (7, 8, 9))],
            0,
            0,
            [7, 8, 1, 9],
        ),
        ("also counting those just called", [somebody(1), somebody(9, priority=Priority.EMERGENCY)], 5, 2, [1, 9]),
        (
            "late: three places behind, then at once",
            [somebody(1, not_before=8), *(somebody(n) for n in (5, 6, 7, 8))],
            5,
            0,
            [5, 6, 7, 1, 8],
        ),
        ("behind three, but only one is there", [somebody(1, not_before=8), somebody(5)], 5, 0, [5, 1]),
        ("of two who wait, the sooner", [somebody(1, not_before=9), somebody(2, not_before=8)], 5, 0, [2, 1]),
    ],
)
def test_order(case: str, line: list[Waiting], turn: int, run: int, expected: list[int]) -> None:
    """One row, one rule."""
    assert names(order(line, turn=turn, run=run, rules=RULES)) == expected, case


def test_absent_people_keep_their_place_but_are_not_called() -> None:
    """They stand in the list where they would be; the line that is called leaves them out."""
    line = [somebody(1, present=False), somebody(2)]
    assert names(order(line, turn=0, run=0, rules=RULES)) == [1, 2]
    assert names(callable_line(line, turn=0, run=0, rules=RULES)) == [2]


def test_the_clock_moves_with_a_late_doctor() -> None:
    """Nobody is late before the doctor begins, nor while people booked earlier still sit there."""
    missing, seated = somebody(2, present=False), somebody(1)
    assert clock_of([missing, seated], now=at(90), turn=0) is None
    assert run_out([missing], now=at(90), turn=0, held=timedelta(), paused=False, rules=RULES) == []
    assert run_out([missing, seated], now=at(90), turn=4, held=timedelta(), paused=False, rules=RULES) == []
    assert names(run_out([missing], now=at(41), turn=4, held=timedelta(), paused=False, rules=RULES)) == [2]
    assert run_out([missing], now=at(40), turn=4, held=timedelta(), paused=False, rules=RULES) == []


def test_a_pause_makes_nobody_late() -> None:
    """While it lasts the clock passes nobody, afterwards its length counts for everybody."""
    missing = somebody(2, present=False)
    assert run_out([missing], now=at(60), turn=4, held=timedelta(), paused=True, rules=RULES) == []
    held = timedelta(minutes=25)
    assert run_out([missing], now=at(60), turn=4, held=held, paused=False, rules=RULES) == []
    assert not is_late(missing.booked_end, clock=at(60), held=held, rules=RULES)


def test_the_clock_passes_nobody_who_is_there() -> None:
    """However long he has waited (practice 14)."""
    line = [somebody(n) for n in range(1, 6)]
    assert run_out(line, now=at(999), turn=9, held=timedelta(), paused=False, rules=RULES) == []


def _random_line(dice: random.Random, size: int) -> list[Waiting]:
    kinds = list(Priority)
    return [
        somebody(
            n,
            booked=at(dice.randrange(0, 240, 5)),
            present=dice.random() < 0.8,
            priority=dice.choice(kinds) if dice.random() < 0.4 else Priority.NONE,
            not_before=dice.choice((0, 0, 0, dice.randrange(12))),
        )
        for n in range(1, size + 1)
    ]


@pytest.mark.parametrize("seed", range(60))
def test_nobody_is_lost_and_the_order_does_not_depend_on_how_rows_come(seed: int) -> None:
    """Everybody appears exactly once; shuffled rows give the same line."""
    dice = random.Random(seed)
    line = _random_line(dice, dice.randrange(1, 40))
    once = order(line, turn=3, run=1, rules=RULES)
    assert sorted(names(once)) == sorted(names(line))
    assert order(dice.sample(line, len(line)), turn=3, run=1, rules=RULES) == once


@pytest.mark.parametrize("seed", range(40))
def test_nobody_starves_while_others_keep_coming(seed: int) -> None:
    """A person who is there is called within a bound, whoever arrives meanwhile: emergencies, elders, those who return.

    The bound: who can go before him is booked no later than the longest advance after him, plus an emergency run before
    each of those and of his own turn, plus those who had to wait some places themselves.
    """
    dice = random.Random(seed)
    target = somebody(50, booked=at(60), sequence=50)
    line = [target, *_random_line(dice, 12)]
    line = [one for one in line if one.present]
    before = sum(one.booked <= at(60 + 40) for one in line)
    turn, run, called, name = 0, 0, 0, 100
    while True:
        name += 1  # at every call somebody else arrives: an emergency, or an elder booked much later
        kind = dice.choice((Priority.EMERGENCY, Priority.ELDER_80))
        line.append(somebody(name, booked=at(60 + 41 + dice.randrange(60)), priority=kind))
        chosen = order(line, turn=turn, run=run, rules=RULES)[0]
        line.remove(chosen)
        turn, called = turn + 1, called + 1
        run = run + 1 if chosen.priority is Priority.EMERGENCY else 0
        if chosen.id == target.id:
            break
        assert called <= (before + 1) * (RULES.emergency_run + 1), "he starves"
