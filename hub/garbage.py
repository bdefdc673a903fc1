"""How often a long-lived process looks for cycles among its objects.

Python looks after every 700 new objects; a request or a delivery makes some thousands and hardly a cycle, while what
was loaded at the start (a hundred thousand objects) is looked through again and again: 2 to 4 % of the processor time.
"""

from __future__ import annotations

import gc

_NEW_OBJECTS = 20_000


def look_seldom() -> None:
    """Leave what is loaded now out of every look, and look seldom: the last thing before a process serves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
