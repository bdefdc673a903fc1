"""Small cells are withheld, so that nobody is found among few; pure."""

from __future__ import annotations

from collections.abc import Mapping

FEWEST = 5


def withheld(counts: Mapping[str, int]) -> frozenset[str]:
    """Which cells of a group whose total is told must not be: those from 1 to `FEWEST - 1`, and one more where only
    one would be, since the total would give it away. Zero is no secret."""
    small = {name for name, count in counts.items() if 0 < count < FEWEST}
    if len(small) == 1:
        others = sorted((count, name) for name, count in counts.items() if name not in small and count > 0)
        small |= {name for _, name in others[:1]}
    return frozenset(small)
