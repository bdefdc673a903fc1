"""What a page asks of whoever opens it, readable from its route: side of the house, permission, fresh proof.

The decorators of the portals attach a `Guard` to the view they wrap. Tests walk the route table and hold every page to
its guard, so that a page without one can't go unnoticed (MLPS CES1-05, CES1-09).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_ATTRIBUTE = "hub_guard"


class Side(StrEnum):
    """Whose page it is."""

    RESIDENT = "resident"
    STAFF = "staff"
    """Staff of the host they are on: a hospital's on its own, the district's on the hub's."""
    DISTRICT = "district"
    """Staff of the district alone."""


@dataclass(frozen=True, slots=True)
class Guard:
    """`permission` is empty where being signed in on that side is enough; `step_up`: proof within five minutes."""

    side: Side
    permission: str = ""
    step_up: bool = False


def declare(view: Callable[..., Any], guard: Guard) -> None:
    """Attach a guard; wrappers made with functools.wraps carry it along."""
    setattr(view, _ATTRIBUTE, guard)


def guard_of(view: Callable[..., Any]) -> Guard | None:
    """The guard of a view, or None where it declares none."""
    found = getattr(view, _ATTRIBUTE, None)
    return found if isinstance(found, Guard) else None
