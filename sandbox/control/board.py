"""Switches, actions and facts of the parties; a switch may be limited to some operations and a number of times."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Switch:
    """Something a party can be told to do. Off is None; a flag is True, others carry a number or a text."""

    name: str
    title: str
    kind: str = "flag"  # flag, number or text
    hint: str = ""
    value: bool | float | str | None = None
    only: frozenset[str] = frozenset()
    times: int | None = None

    def set(self, value: bool | float | str | None, *, only: Iterable[str] = (), times: int | None = None) -> None:
        """Switch on with `value`, off with None or False."""
        self.value = None if value is False or value is None else _typed(self.kind, value)
        self.only, self.times = frozenset(only), times

    def take(self, operation: str = "") -> bool | float | str | None:
        """The value if the switch is on for `operation`; counts one use."""
        if self.value is None or (self.only and operation not in self.only):
            return None
        value = self.value
        if self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.set(None)
        return value


@dataclass(frozen=True, slots=True)
class Action:
    """Something a party can be told to do once. `run` gets the parameters and returns what to show."""

    name: str
    title: str
    run: Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
    parameters: tuple[str, ...] = ()


@dataclass(slots=True)
class Board:
    """One party on the control page. `key` is its address there, such as `his-jxyy`.

    `settle` is awaited when a switch was set or an action done, before the caller is answered: for parties whose state
    lies somewhere else besides.
    """

    key: str
    title: str
    group: str = ""
    switches: dict[str, Switch] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    facts: Callable[[], Mapping[str, Any]] = dict
    settle: Callable[[], Awaitable[None]] | None = None

    def add_switches(self, *switches: Switch) -> None:
        """Put switches on the board."""
        self.switches.update({switch.name: switch for switch in switches})

    def add_actions(self, *actions: Action) -> None:
        """Put actions on the board."""
        self.actions.update({action.name: action for action in actions})

    async def settled(self) -> None:
        """What was just switched or done is in force."""
        if self.settle is not None:
            await self.settle()

    def take(self, name: str, operation: str = "") -> bool | float | str | None:
        """The value of a switch that is on for `operation`, else None; counts one use."""
        return self.switches[name].take(operation)

    def number(self, name: str, operation: str = "") -> float:
        """The value of a number switch, 0 when off; counts one use."""
        value = self.take(name, operation)
        return float(value) if value is not None else 0.0


class Control:
    """All boards, in the order in which the parties came."""

    def __init__(self) -> None:
        self.boards: dict[str, Board] = {}

    def add(self, board: Board) -> Board:
        """Put a party on the page."""
        if board.key in self.boards:
            raise ValueError(f"two parties are called {board.key}")
        self.boards[board.key] = board
        return board


def _typed(kind: str, value: bool | float | str) -> bool | float | str:
    if kind == "number":
        return float(value)
    return True if kind == "flag" else str(value)
