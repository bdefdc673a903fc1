"""The estimated wait is honest: over simulated days the truth lies in the range about as often as the range says."""

from __future__ import annotations

import random

import pytest

from tenants.queueing.pace import History, Wait, pace, wait


def _simulated(seed: int) -> tuple[int, int, float, int]:
    """Of many estimates in simulated sessions: how many held, how many there were, mean width, how many were too short.

    Consultations are gamma-distributed; the doctor's pace of the day differs from his history by up to a third.
    """
    dice = random.Random(seed)
    held = total = short = 0
    width = 0.0
    for _ in range(60):
        mean = dice.uniform(240, 720)
        shape = dice.uniform(2.0, 5.0)
        today = mean * dice.uniform(0.75, 1.33)
        times = [dice.gammavariate(shape, today / shape) for _ in range(30)]
        history = History(mean, mean / shape**0.5)
        for done in (0, 3, 8, 15):
            belief = pace(times[:done], history)
            for ahead in (1, 3, 6, 10):
                inside = times[done]
                lasted = dice.uniform(0, inside)
                truth = (inside - lasted + sum(times[done + 1 : done + 1 + ahead])) / 60
                told = wait(belief, ahead=ahead, serving_for=lasted)
                held += told.low <= truth <= told.high
                short += truth > told.high
                width += told.high - told.low
                total += 1
    return held, total, width / total, short


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_four_of_five_waits_end_within_the_range_told(seed: int) -> None:
    """Calibrated: neither a lie nor a range so wide that it says nothing."""
    held, total, width, short = _simulated(seed)
    assert 0.72 <= held / total <= 0.92, held / total
    assert short / total <= 0.16
    assert width <= 45


def test_todays_pace_replaces_history() -> None:
    """A doctor twice as slow as usual is believed after a few patients, and the doubt shrinks."""
    history = History(300.0, 120.0)
    assert pace([], history).mean == 300.0
    slow = pace([600.0] * 12, history)
    assert 500 < slow.mean < 600
    assert slow.doubt < pace([600.0], history).doubt


def test_a_lunch_break_is_no_consultation() -> None:
    """A gap of an hour and a half does not become the pace."""
    history = History(300.0, 120.0)
    assert pace([300.0, 5400.0], history).mean == pytest.approx(300.0)


def test_the_range_widens_for_those_who_may_still_come_and_halves_with_a_second_room() -> None:
    """Missing people raise the upper end only; two rooms share a line."""
    belief = pace([300.0] * 10, History(300.0, 100.0))
    alone = wait(belief, ahead=6)
    crowded = wait(belief, ahead=6, maybe=4)
    assert crowded.low == alone.low
    assert crowded.high > alone.high
    assert wait(belief, ahead=6, doctors=2).high < alone.high
    assert wait(belief, ahead=0).text == "马上"
    assert wait(belief, ahead=0, begins_in=1800).low >= 30


def test_words() -> None:
    """What people read."""
    assert Wait(10, 20).text == "约10-20分钟"
    assert Wait(5, 5).text == "约5分钟"
