"""Events and handlers to try the journal with, and questions to ask it.

What a handler did is counted by the audit entries it left: they commit with the handler's transaction or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connections

from hub.actor import Actor, system_actor
from hub.journal.world import open_scope, world_of
from hub.outbox.events import Delivery, Event, RunsIn, handles
from hub.work import Unit, work

ACTOR = system_actor("tests")
Behaviour = Callable[[Any, Any], None]
_behaviours: dict[str, Behaviour] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock(Event):
    """To be handled in the region."""

    NAME: ClassVar[str] = "probe.knock"

    number: int
    door: str = "front"
    hospital: str = ""

    @property
    def aggregate(self) -> str:
        return f"door:{self.door}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Event):
    """To be handled in the hospital named."""

    NAME: ClassVar[str] = "probe.visit"

    hospital: str
    number: int

    @property
    def aggregate(self) -> str:
        return f"visit:{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Event):
    """To be handled outside."""

    NAME: ClassVar[str] = "probe.ask"

    hospital: str
    number: int

    @property
    def aggregate(self) -> str:
        return f"ask:{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Event):
    """To be handled outside, and nobody waits for it."""

    NAME: ClassVar[str] = "probe.upload"

    hospital: str
    number: int

    @property
    def aggregate(self) -> str:
        return f"upload:{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy(Event):
    """To be handled between the worlds."""

    NAME: ClassVar[str] = "probe.copy"

    hospital: str

    @property
    def aggregate(self) -> str:
        return f"copy:{self.hospital}"


@handles(Copy, runs_in=RunsIn.BETWEEN)
def copy_over(event: Copy, delivery: Delivery) -> None:
    behave("copy", event, delivery)


@handles(Knock, runs_in=RunsIn.REGION)
def answer_knock(event: Knock, unit: Unit) -> None:
    unit.audit("probe.knock", target=f"knock:{event.number}", detail={"door": event.door})
    behave("knock", event, unit)


@handles(Visit, runs_in=RunsIn.HOSPITAL)
def receive_visit(event: Visit, unit: Unit) -> None:
    unit.audit("probe.visit", target=f"visit:{event.number}")
    behave("visit", event, unit)


@handles(Ask, runs_in=RunsIn.OUTSIDE)
def ask_outside(event: Ask, delivery: Delivery) -> None:
    behave("ask", event, delivery)


@handles(Upload, runs_in=RunsIn.OUTSIDE, awaited=False)
def upload(event: Upload, delivery: Delivery) -> None:
    behave("upload", event, delivery)


def behave(name: str, event: Any, context: Any) -> None:
    """Do what the present test wants of this handler."""
    if name in _behaviours:
        _behaviours[name](event, context)


@contextmanager
def behaving(name: str, behaviour: Behaviour) -> Iterator[None]:
    """Let the handler called `name` do this too."""
    _behaviours[name] = behaviour
    try:
        yield
    finally:
        del _behaviours[name]


def publish(scope: str, *events: Event) -> None:
    """One unit of work that publishes these events."""
    with work(scope, actor=ACTOR) as unit:
        unit.audit("probe.published", target="probe")
        for event in events:
            unit.publish(event)


def query(scope: str, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Rows of the journal of `scope`; `{outbox}` and its like are the tables' names."""
    world = world_of(scope)
    names = ("outbox", "attempt", "inbox", "command", "audit", "pending", "seal")
    with open_scope(scope, read_only=True), connections[world.alias].cursor() as cursor:
        cursor.execute(sql.format(**{name: getattr(world, name) for name in names}), parameters or [])
        return list(cursor.fetchall())


def done(scope: str, action: str) -> list[str]:
    """The targets of all entries of `action`, in order: what handlers did for good."""
    return [target for (target,) in query(scope, "SELECT target FROM {audit} WHERE action = %s ORDER BY id", [action])]


def states(scope: str) -> dict[str, int]:
    """How many outbox rows are in which state."""
    return dict(query(scope, "SELECT state, count(*) FROM {outbox} GROUP BY state"))


def someone(name: str) -> Actor:
    """An actor of that name."""
    return system_actor(name)
