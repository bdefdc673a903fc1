"""What every log line of a request, an event delivery or a task has in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.http import HttpRequest

from hub.tenancy.context import current_hospital


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The identity of the work in hand; `request` is asked for its hospital and actor when a line is written."""

    request_id: str = ""
    hospital: str = ""
    actor_id: str = ""
    request: HttpRequest | None = None


_NOTHING = Context()
_current: ContextVar[Context] = ContextVar("observability_context", default=_NOTHING)


def current() -> Context:
    """The context of the work in hand; empty outside any."""
    return _current.get()


def request_id() -> str:
    """The id a person can quote and staff can look up."""
    return _current.get().request_id


@contextmanager
def bound(
    *, request_id: str = "", hospital: str = "", actor_id: str = "", request: HttpRequest | None = None
) -> Iterator[Context]:
    """Run a block whose log lines carry these; what isn't given is inherited."""
    outer = _current.get()
    inner = replace(
        outer,
        request_id=request_id or outer.request_id,
        hospital=hospital or outer.hospital,
        actor_id=actor_id or outer.actor_id,
        request=request or outer.request,
    )
    token = _current.set(inner)
    try:
        yield inner
    finally:
        _current.reset(token)


def described() -> dict[str, str]:
    """The fields of the present context that have a value."""
    context = _current.get()
    request = context.request
    actor = getattr(request, "actor", None)
    fields = {
        "request_id": context.request_id,
        "hospital": current_hospital() or context.hospital or getattr(request, "hospital", None) or "",
        "actor_id": context.actor_id or str(getattr(actor, "id", None) or ""),
    }
    return {name: value for name, value in fields.items() if value}
