"""How long somebody will wait, as an honest range: pure.

A doctor's pace is what his consultations of today took, leaning on his history while today has few of them. The range
holds the truth in four cases of five; it is wider far back in the line, and while little is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

SURE = 1.2816  # of a normal distribution, between the 10th and the 90th percentile
LEAN = 4  # history counts as much as this many consultations of today
LONGEST = 3600.0
_UNUSUAL = 6.0  # a gap longer than this many means was a pause, not a consultation


@dataclass(frozen=True, slots=True)
class History:
    """What this doctor's earlier consultations took, in seconds."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Pace:
    """The belief about one consultation: its mean, its spread and how sure the mean is, all in seconds."""

    mean: float
    deviation: float
    doubt: float


@dataclass(frozen=True, slots=True)
class Wait:
    """From `low` to `high` minutes."""

    low: int
    high: int

    @property
    def text(self) -> str:
        """What a person reads."""
        if self.high <= 1:
            return "马上"
        return f"约{self.low}分钟" if self.low == self.high else f"约{self.low}-{self.high}分钟"


def pace(today: Sequence[float], history: History) -> Pace:
    """The pace after today's consultations (seconds each), leaning on history."""
    usual = [one for one in today if 0 < one <= max(history.mean * _UNUSUAL, 60.0)]
    count = len(usual)
    mean = (LEAN * history.mean + sum(usual)) / (LEAN + count)
    spread = LEAN * history.deviation**2
    if count > 1:
        spread += (count - 1) * variance(usual)
    if count:
        spread += LEAN * count / (LEAN + count) * (fmean(usual) - history.mean) ** 2
    deviation = math.sqrt(spread / (LEAN + count))
    return Pace(mean, deviation, deviation / math.sqrt(LEAN + count))


def wait(
    pace: Pace,
    *,
    ahead: int,
    maybe: int = 0,
    serving_for: float | None = None,
    begins_in: float = 0.0,
    doctors: int = 1,
) -> Wait:
    """The wait of somebody with `ahead` people before him and `maybe` more who have not arrived yet.

    `serving_for`: seconds the present consultation has lasted, None when nobody is inside. `begins_in`: seconds until
    the doctor begins. `doctors` rooms that call from this line share it.
    """
    rest = _rest(pace, serving_for) / doctors
    likely = begins_in + rest + ahead * pace.mean / doctors
    inside = 1 if serving_for is not None else 0
    chance = pace.deviation * math.sqrt(ahead + inside) / doctors
    drift = pace.doubt * (ahead + inside) / doctors
    spread = SURE * math.hypot(chance, drift)
    # Half of those who are missing will still come: they widen the upper end only.
    late = 0.5 * maybe * pace.mean / doctors
    return Wait(_minutes(likely - spread, down=True), _minutes(likely + spread + late, down=False))


def _rest(pace: Pace, serving_for: float | None) -> float:
    """What is left of the present consultation; the longer it lasts, the less its mean says."""
    if serving_for is None:
        return 0.0
    return max(pace.mean - serving_for, pace.deviation / 2)


def _minutes(seconds: float, *, down: bool) -> int:
    """Whole minutes, in steps of five beyond twenty: more would pretend."""
    minutes = max(0.0, seconds) / 60
    step = 1 if minutes <= 20 else 5
    return int((math.floor if down else math.ceil)(minutes / step) * step)
