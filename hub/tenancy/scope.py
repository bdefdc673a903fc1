"""The only door into a hospital, and it is a transaction (kernel decision 1).

`with hospital(code):` runs as that hospital's database role with only its schema in the path; `with region():` works on
public. Both send BEGIN, role and path in one message, local to the transaction, so nothing is left to reset and nothing
can leak through a pool. Only one scope can be open at a time: no transaction writes two worlds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import cast

from django.db import connections, transaction
from psycopg import sql

from hub import clock
from hub.tenancy import turnstile
from hub.tenancy.backend.base import DatabaseWrapper
from hub.tenancy.context import (
    Scope,
    check_bounds,
    current_hospital,
    current_scope,
    entered,
    hospital_alias,
    host_hospital,
    lets_go,
    refuse_second,
    repairs,
)
from hub.tenancy.errors import HospitalClosed, HospitalMoving, ScopeMisuse
from hub.tenancy.names import EXTENSION_SCHEMA, REGION, region_staff_role
from hub.tenancy.registry import TenantInfo, tenant
from hub.tenancy.rows import SETTING

__all__ = ["REGION", "Scope", "current_hospital", "current_scope", "hospital", "hospital_alias", "region"]

_RELAXED = {"synchronous_commit": "off"}


@contextmanager
def hospital(
    code: str, read_only: bool = False, *, relaxed: bool = False, turn: int | None = None
) -> Iterator[TenantInfo]:
    """A transaction inside one hospital's schema, as its role and in the database it lives in.

    UnknownHospital if there is none; HospitalClosed while somebody else restores it or brings it in step;
    HospitalMoving for a writing scope while it is being moved. The commit of a `relaxed` one does not wait for the
    disk: a server that crashes may forget it (ADR 0305). Those with the same `turn` (a number of the caller's own) take
    turns in this hospital: each begins when the one before has ended.
    """
    host = host_hospital()
    if host is not None and host != code:
        raise ScopeMisuse(f"hospital({code}) opened on the host of {host}")
    info = tenant(code)
    if info.repair and repairs() != code:
        raise HospitalClosed(detail={"hospital": code, "repair": info.repair})
    if not read_only and info.stopped_until is not None and info.stopped_until > clock.now():
        raise HospitalMoving(detail={"hospital": code})
    path = f"{info.schema}, {EXTENSION_SCHEMA}"
    local = {**(_RELAXED if relaxed else {}), "role": info.role, "search_path": path}
    opening = _opening(read_only, None if turn is None else (turn, code), **local)
    with _transaction(info.database, opening, Scope(hospital=code, read_only=read_only, alias=info.database)):
        yield info


@contextmanager
def region(
    read_only: bool = False, staff_of: str | None = None, *, relaxed: bool = False, turn: int | None = None
) -> Iterator[None]:
    """A transaction on public; `relaxed` and `turn` as above.

    With `staff_of` it runs as the hospital staff's role, limited to that hospital's rows. On a hospital's own host this
    is always so.
    """
    host = host_hospital()
    if host is not None:
        if staff_of not in (None, host):
            raise ScopeMisuse(f"region(staff_of={staff_of}) opened on the host of {host}")
        staff_of = host
    settings = _RELAXED if relaxed else {}
    if staff_of:
        settings = {**settings, "role": region_staff_role(), SETTING: tenant(staff_of).code}
    scope = Scope(hospital=None, read_only=read_only, staff_of=staff_of)
    opening = _opening(read_only, None if turn is None else (turn, REGION), **settings)
    with _transaction("default", opening, scope):
        yield


@contextmanager
def _transaction(alias: str, opening: bytes, scope: Scope) -> Iterator[None]:
    connection = cast(DatabaseWrapper, connections[alias])
    if connection.in_atomic_block:
        raise ScopeMisuse(f"a scope opened inside a bare transaction on {alias}")
    refuse_second(scope)
    check_bounds(scope)
    with turnstile.passing():
        connection.open_next_with(opening, world=scope.hospital or scope.staff_of or "")
        try:
            with transaction.atomic(using=alias, durable=True), entered(scope):
                yield  # functions given to on_commit() run with no scope open and may open their own
        finally:
            if lets_go() or turnstile.is_limited():
                connection.close()


@lru_cache(maxsize=4096)
def _opening(read_only: bool, turn: tuple[int, str] | None, **local: str) -> bytes:
    begin = sql.SQL("BEGIN READ ONLY" if read_only else "BEGIN")
    calls = [
        sql.SQL("set_config({}, {}, true)").format(sql.Literal(name), sql.Literal(value))
        for name, value in local.items()
    ]
    if turn is not None:
        # The statements that follow see what those before have committed: each has a snapshot of its own.
        calls.append(sql.SQL("pg_advisory_xact_lock({}, hashtext({}))").format(*map(sql.Literal, turn)))
    if not calls:
        return begin.as_bytes()
    return sql.SQL("{}; SELECT {}").format(begin, sql.SQL(", ").join(calls)).as_bytes()
