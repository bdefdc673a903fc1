"""Which scope this thread of execution has open, and on whose host the request came in.

Context variables, so that a new thread or task starts with nothing: forgetting fails closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from hub.tenancy.errors import ScopeMisuse

REGION_ALIAS = "default"
HOME_ALIAS = "hospital"


@dataclass(frozen=True, slots=True)
class Scope:
    """An open transaction of one world: a hospital's (`hospital` is its code) or the region's (None), on `alias`."""

    hospital: str | None
    read_only: bool
    staff_of: str | None = None
    alias: str = REGION_ALIAS


_scope: ContextVar[Scope | None] = ContextVar("hub_scope", default=None)
_host: ContextVar[str | None] = ContextVar("hub_host", default=None)
_lets_go: ContextVar[bool] = ContextVar("hub_lets_go", default=False)
_bound: ContextVar[str | None] = ContextVar("hub_bound", default=None)
_repairs: ContextVar[str | None] = ContextVar("hub_repairs", default=None)
_registry_read: ContextVar[bool] = ContextVar("hub_registry_read", default=False)


@contextmanager
def repairing(code: str) -> Iterator[None]:
    """Let this thread of execution into a hospital that is closed for repair: for the repair itself."""
    token = _repairs.set(code)
    try:
        yield
    finally:
        _repairs.reset(token)


def repairs() -> str | None:
    """The hospital this thread of execution is repairing."""
    return _repairs.get()


def current_scope() -> Scope | None:
    """The open scope, if any."""
    return _scope.get()


def hospital_alias() -> str:
    """The database of the hospital whose scope is open; without one the home database, where nothing is permitted."""
    scope = _scope.get()
    return scope.alias if scope is not None and scope.hospital is not None else HOME_ALIAS


def current_hospital() -> str | None:
    """The hospital whose scope is open."""
    scope = _scope.get()
    return scope.hospital if scope else None


def host_hospital() -> str | None:
    """The hospital on whose own host the present request came in."""
    return _host.get()


def refuse_second(scope: Scope) -> None:
    """Only one scope at a time: no transaction can touch two worlds."""
    already = _scope.get()
    if already is not None:
        raise ScopeMisuse(f"{_title(scope)} opened inside {_title(already)}")


@contextmanager
def bound_to(code: str) -> Iterator[None]:
    """Bind this thread of execution to one hospital ("": to none): other hospitals' scopes are refused until it ends.

    To whom is bound to none hospitals may still be read: figures of the district are made of them.
    """
    token = _bound.set(code)
    try:
        yield
    finally:
        _bound.reset(token)


def check_bounds(scope: Scope) -> None:
    """Refuse a hospital's scope to somebody bound to another hospital, and a writing one to somebody bound to none."""
    bound = _bound.get()
    if bound is None or scope.hospital is None or scope.hospital == bound or (not bound and scope.read_only):
        return
    raise ScopeMisuse(f"{_title(scope)} opened by what is bound to {f'hospital({bound})' if bound else 'the region'}")


@contextmanager
def entered(scope: Scope) -> Iterator[None]:
    """Mark `scope` as open."""
    refuse_second(scope)
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def on_host(code: str | None) -> Iterator[None]:
    """Mark the present request as coming in on a hospital's own host (None: the hub's)."""
    token = _host.set(code)
    try:
        yield
    finally:
        _host.reset(token)


@contextmanager
def registry_read() -> Iterator[None]:
    """Let the registry read its own table whatever scope is open: one SELECT, no hospital's rows."""
    token = _registry_read.set(True)
    try:
        yield
    finally:
        _registry_read.reset(token)


def lets_go() -> bool:
    """Whether a scope gives its connection back to the pool when it ends."""
    return _lets_go.get()


@contextmanager
def letting_go() -> Iterator[None]:
    """Let scopes give their connection back when they end: for code that waits on the network between them, so that
    many such threads share a small pool."""
    token = _lets_go.set(True)
    try:
        yield
    finally:
        _lets_go.reset(token)


def check_region_access() -> None:
    """Refuse a statement on the region's connection where it could break isolation.

    While a hospital's transaction is open it would commit apart from it; on a hospital's host, outside `region()`, it
    would run without row-level security.
    """
    scope = _scope.get()
    if _registry_read.get() or (scope is not None and scope.hospital is None):
        return
    if scope is not None:
        raise ScopeMisuse(f"a statement for the region inside {_title(scope)}")
    if _host.get() is not None:
        raise ScopeMisuse("on a hospital's host the region's tables are reached only through `with region()`")


def _title(scope: Scope) -> str:
    return f"hospital({scope.hospital})" if scope.hospital else "region()"
