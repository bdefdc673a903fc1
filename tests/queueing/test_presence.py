"""Being there by position: inside, outside, or honestly unsure."""

from __future__ import annotations

import math

import pytest

from tenants.queueing.presence import Position, Verdict, judge, metres

CENTRE = (31.2300, 121.4500)


def north(distance: float, accuracy: float) -> Position:
    """A phone so many metres north of the centre."""
    return Position(latitude=CENTRE[0] + distance / 111_195, longitude=CENTRE[1], accuracy=accuracy)


@pytest.mark.parametrize(
    ("distance", "accuracy", "verdict"),
    [
        (0, 20, Verdict.INSIDE),
        (250, 40, Verdict.INSIDE),
        (290, 40, Verdict.UNSURE),
        (320, 40, Verdict.UNSURE),
        (400, 40, Verdict.OUTSIDE),
        (5000, 65, Verdict.OUTSIDE),
        (0, 2000, Verdict.UNSURE),
        (1500, 2000, Verdict.UNSURE),
    ],
)
def test_a_position_proves_what_its_accuracy_allows(distance: float, accuracy: float, verdict: Verdict) -> None:
    """Within 300 metres, whatever the error; a vague position proves nothing."""
    found = judge(north(distance, accuracy), [CENTRE], radius=300)
    assert found.verdict is verdict
    assert found.distance == pytest.approx(distance, abs=2)


def test_the_nearest_campus_counts() -> None:
    """A hospital of two places."""
    far = (CENTRE[0] + 0.1, CENTRE[1])
    assert judge(north(10, 10), [far, CENTRE], radius=300).verdict is Verdict.INSIDE


def test_nonsense_is_no_position() -> None:
    """What no phone can say."""
    assert not Position(latitude=math.nan, longitude=0, accuracy=1).is_plausible()
    assert not Position(latitude=91, longitude=0, accuracy=1).is_plausible()
    assert not Position(latitude=0, longitude=0, accuracy=-1).is_plausible()
    assert metres(CENTRE, CENTRE) == 0
