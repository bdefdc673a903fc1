"""Events and their handlers: facts go up by these, never by an import (DESIGN section 3, kernel decision 7).

An event is a frozen dataclass of ids and small values, never personal data. Publishing writes one outbox row per
subscribed handler in the publisher's own transaction: each handler has its own attempts, order and dead letters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, get_type_hints
from uuid import UUID

from hub.outbox.models import Lane

if TYPE_CHECKING:  # hub.work imports this module while it loads
    from hub.work import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events. `NAME` is `<app>.<fact>`; `aggregate` is the ordering key, such as `booking:<uuid>`.

    Fields may be str, int, bool, UUID, date, datetime, Enum or tuples and optionals of these.
    """

    NAME: ClassVar[str] = ""
    VERSION: ClassVar[int] = 1

    @property
    def aggregate(self) -> str:
        """Later events of one aggregate wait for the earlier ones, per handler."""
        raise TypeError(f"{type(self).__name__} does not name its aggregate")

    def to_payload(self) -> dict[str, Any]:
        """A JSON object of the fields."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        """The event of a stored payload; unknown keys are ignored, so that an older reader survives a newer writer."""
        hints = _hints(cls)
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: _typed(hints[name], value) for name, value in payload.items() if name in known})


class RunsIn(StrEnum):
    """Where a handler runs.

    REGION: in a transaction of the public schema. HOSPITAL: in a transaction of the hospital named by the event's
    `hospital` (or `institution_code`) field. OUTSIDE: in no transaction, on the pool for calls to the outside; it opens
    its own units of work and must be safe to run again. BETWEEN: in no transaction either, but on the pool of internal
    handlers and free of the hospital's limit: it reads one world and writes the other, and calls nobody.
    """

    REGION = "region"
    HOSPITAL = "hospital"
    OUTSIDE = "outside"
    BETWEEN = "between"


class Temporary(Exception):
    """A handler can't finish now; the delivery is tried again, not before `retry_after` seconds."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Permanent(Exception):
    """A handler can never finish this delivery; it becomes a dead letter at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What an OUTSIDE or BETWEEN handler is told about its attempt.

    `event_id` is the same in every attempt (an idempotency key for the outside); `attempt` counts from 1; what is not
    done by `deadline` may be run by somebody else at the same time. A handler whose last unit of work is in the
    source's schema may `end_in` it: the delivery then ends with what it stored, or not at all.
    """

    event_id: UUID
    source: str
    attempt: int
    deadline: datetime
    end_in: Callable[[Unit], None]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One handler of one event; `name` is stable, it is stored in rows."""

    name: str
    event: type[Event]
    runs_in: RunsIn
    call: Callable[..., None]
    when: Callable[[], bool]
    awaited: bool

    @property
    def lane(self) -> Lane:
        """The pool that runs it."""
        if self.runs_in is not RunsIn.OUTSIDE:
            return Lane.INTERNAL
        return Lane.OUTSIDE if self.awaited else Lane.BULK


def _always() -> bool:
    return True


_subscriptions: dict[str, Subscription] = {}
_hints_of: dict[type[Event], dict[str, Any]] = {}
_by_event: dict[str, list[Subscription]] = {}
E_ = TypeVar("E_", bound=Event)


def handles(
    event: type[E_], *, runs_in: RunsIn, when: Callable[[], bool] = _always, awaited: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Subscribe a function of some app's `handlers.py` (imported at start-up).

    REGION and HOSPITAL handlers are called as `f(event, unit)` with an open `Unit`; OUTSIDE and BETWEEN ones as
    `f(event, delivery)`. The subscription's name is `<module>.<function>` without `.handlers`. Events published while
    `when` says no are not stored for this handler: it asks of settings only, for it is asked at every publishing.
    An OUTSIDE handler that nobody waits for (`awaited=False`: polls, uploads, checks) never takes the threads, nor a
    hospital's last place, of those somebody does.
    """

    def register(call: Callable[..., None]) -> Callable[..., None]:
        name = f"{call.__module__.replace('.handlers', '')}.{call.__name__}"
        if name in _subscriptions:
            raise RuntimeError(f"two handlers are called {name}")
        subscription = Subscription(name, event, runs_in, call, when, awaited)
        _subscriptions[name] = subscription
        _by_event.setdefault(event.NAME, []).append(subscription)
        return call

    return register


def subscriptions_of(event: type[Event]) -> list[Subscription]:
    """The handlers an event is stored for now, in order of registration."""
    return [wanted for wanted in _by_event.get(event.NAME, []) if wanted.when()]


def subscription(name: str) -> Subscription:
    """The handler stored under `name`; KeyError if no code answers to it any more."""
    return _subscriptions[name]


def hospital_of(payload: dict[str, Any]) -> str:
    """The hospital an event concerns, by its field `hospital` or `institution_code`; empty if none."""
    return str(payload.get("hospital") or payload.get("institution_code") or "")


def _hints(event: type[Event]) -> dict[str, Any]:
    if event not in _hints_of:
        _hints_of[event] = get_type_hints(event)
    return _hints_of[event]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    arguments: tuple[Any, ...] = getattr(hint, "__args__", ())
    origin = getattr(hint, "__origin__", None)
    if origin is tuple:
        return tuple(_typed(arguments[0], item) for item in value)
    if arguments and type(None) in arguments:
        return _typed(next(a for a in arguments if a is not type(None)), value)
    if hint is UUID:
        return UUID(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is date:
        return date.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    return value


__all__ = [
    "Delivery",
    "Event",
    "Permanent",
    "RunsIn",
    "Subscription",
    "Temporary",
    "handles",
    "hospital_of",
    "subscription",
    "subscriptions_of",
]
