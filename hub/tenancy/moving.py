"""Moving one hospital's schema to another database while the others work (ADR 0911).

    plan -> stop its writes -> copy one snapshot -> compare -> switch

Writes stop twice: the registry refuses writing scopes (people read why), and SHARE locks on all its tables let nothing
slip through a process that has not heard of it. The old copy stays, readable, until it is dropped by a separate act,
and `undo` goes back to it as long as nothing was written at the new place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryFile
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from hub import clock
from hub.tenancy import dumping, grants, registry, roles, schemas
from hub.tenancy.errors import ProvisioningFailed, UnknownHospital
from hub.tenancy.models import Tenant
from hub.tenancy.names import role_name
from hub.tenancy.provision import prepare_role

Report = Callable[[str], None]
STOP = timedelta(minutes=10)  # a mover that dies stops nobody's writes for longer
LOCK_WAIT = "30s"
_DIGEST = "SELECT count(*), coalesce(sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint::numeric), 0) FROM {} t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a move would do, and what stands in its way."""

    code: str
    schema: str
    source: str
    target: str
    tables: int
    size_bytes: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a move did; `stopped_seconds` is how long the hospital could only be read."""

    incarnation: int
    rows: int
    stopped_seconds: float


Digests = Mapping[str, tuple[int, int]]


def plan(code: str, target: str) -> Plan:
    """Look, change nothing."""
    tenant = _tenant(code)
    with schemas.owner_connection(schemas.owner_of(tenant.database)) as source:
        row = source.execute(
            "SELECT count(*), coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_catalog.pg_class c"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind = 'r'",
            (tenant.schema_name,),
        ).fetchone()
        assert row
        problems = list(_problems(tenant, target, source))
    return Plan(
        code=code,
        schema=tenant.schema_name,
        source=tenant.database,
        target=target,
        tables=int(row[0]),
        size_bytes=int(row[1]),
        problems=tuple(problems),
    )


def move(code: str, target: str, report: Report) -> Moved:
    """Copy, compare, switch. ProvisioningFailed, and the hospital goes on where it was, if anything is amiss."""
    wanted = plan(code, target)
    if wanted.problems:
        raise ProvisioningFailed("；".join(wanted.problems), detail={"hospital": code})
    tenant, begun = _tenant(code), time.monotonic()
    _stop(code)
    try:
        with _held_still(tenant, schemas.owner_of(tenant.database)) as source:
            report("writes stopped")
            _copy(tenant, source, target)
            report(f"copied to {target}")
            before = _digests(source, tenant.schema_name)
            _compare(tenant, before, target)
            report(f"compared: {len(before)} tables, {sum(count for count, _ in before.values())} rows, equal")
            _refuse_writes(source, tenant)
        incarnation = _switch(code, target)
    except BaseException:
        _lift(code)
        raise
    seconds = time.monotonic() - begun
    report(f"switched; incarnation {incarnation}; reads only for {seconds:.1f} s")
    return Moved(incarnation=incarnation, rows=sum(count for count, _ in before.values()), stopped_seconds=seconds)


def undo(code: str, back_to: str, report: Report) -> None:
    """Go back to the old copy. After a switch only while the new place holds exactly what was copied.

    Before a switch (a mover that died) it removes the half-made copy in `back_to` and lifts the stop.
    """
    tenant = _tenant(code)
    if tenant.database == back_to:
        _lift(code)
        with schemas.owner_connection(schemas.owner_of(back_to)) as home:
            _give_back_grants(home, tenant)
        report("the stop is lifted; nothing had been switched")
        return
    _stop(code)
    try:
        with (
            _held_still(tenant, schemas.owner_of(tenant.database)) as here,
            schemas.owner_connection(schemas.owner_of(back_to)) as old,
        ):
            _refuse_if_written(old, here, tenant.schema_name)
            _give_back_grants(old, tenant)
            _refuse_writes(here, tenant)
        _switch(code, back_to)
    except BaseException:
        _lift(code)
        raise
    report(f"back in {back_to}")


def drop_copy(code: str, database: str) -> None:
    """Remove the hospital's copy in a database it does not live in (any more)."""
    tenant = _tenant(code)
    if tenant.database == database:
        raise ProvisioningFailed("该机构正在使用这个数据库，不能删除。", detail={"hospital": code})
    with schemas.owner_connection(schemas.owner_of(database)) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(tenant.schema_name)))


def _problems(tenant: Tenant, target: str, source: psycopg.Connection[Any]) -> Iterator[str]:
    owner = schemas.owner_of(target)
    if target not in settings.DATABASES or owner not in settings.DATABASES:
        yield f"没有配置数据库 {target}（HUB_HOSPITAL_DATABASES，并给出属主的地址）。"
        return
    if target == tenant.database:
        yield "该机构已经在这个数据库。"
        return
    with schemas.owner_connection(owner) as connection:
        found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (tenant.schema_name,)).fetchone()
        if found:
            yield f"{target} 里已有模式 {tenant.schema_name}：先用 --drop-copy 删除旧副本。"
        if connection.info.server_version // 10_000 < source.info.server_version // 10_000:
            yield f"{target} 的 PostgreSQL 版本低于现在的，不能搬过去。"


def _stop(code: str) -> None:
    """Refuse writing scopes everywhere, and wait until every process has heard of it."""
    Tenant.objects.using("owner").filter(code=code).update(writes_stopped_until=clock.now() + STOP)
    registry.invalidate()
    time.sleep(registry.FRESH_SECONDS + 0.5)


def _lift(code: str) -> None:
    Tenant.objects.using("owner").filter(code=code).update(writes_stopped_until=None)
    registry.invalidate()


@contextmanager
def _held_still(tenant: Tenant, owner: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction whose snapshot is the schema's last word: SHARE locks wait for writers and let no new one in."""
    with schemas.owner_connection(owner) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_WAIT)))
        with schemas.owner_connection(owner) as looking:
            tables = _tables(looking, tenant.schema_name)
        names = sql.SQL(", ").join(sql.Identifier(tenant.schema_name, table) for table in tables)
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(names))
        yield connection


def _copy(tenant: Tenant, source: psycopg.Connection[Any], target: str) -> None:
    row = source.execute("SELECT pg_export_snapshot()").fetchone()
    assert row
    owner = schemas.owner_of(target)
    with TemporaryFile() as file:
        dumping.dump(tenant.schema_name, file, owner=schemas.owner_of(tenant.database), snapshot=str(row[0]))
        file.seek(0)
        with schemas.owner_connection(owner) as connection:
            roles.prepare_database(connection)
            prepare_role(connection, tenant.code)
        dumping.restore(file, owner=owner)
    with schemas.owner_connection(owner) as connection:
        _give_back_grants(connection, tenant)


def _compare(tenant: Tenant, before: Digests, target: str) -> None:
    with schemas.owner_connection(schemas.owner_of(target)) as connection:
        after = _digests(connection, tenant.schema_name)
    wrong = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if wrong:
        drop_copy(tenant.code, target)
        raise ProvisioningFailed("搬过去的数据与原来的不一致，没有切换。", detail={"tables": wrong})


def _refuse_if_written(old: psycopg.Connection[Any], here: psycopg.Connection[Any], schema: str) -> None:
    if _digests(old, schema) != _digests(here, schema):
        raise ProvisioningFailed("新位置已有新的写入，不能退回旧副本；请再办一次反方向的搬迁。")


def _digests(connection: psycopg.Connection[Any], schema: str) -> dict[str, tuple[int, int]]:
    """Per table how many rows, and a sum over the rows' digests; per sequence how far it has counted."""
    found: dict[str, tuple[int, int]] = {}
    for table in _tables(connection, schema):
        row = connection.execute(sql.SQL(_DIGEST).format(sql.Identifier(schema, table))).fetchone()
        assert row
        found[table] = (int(row[0]), int(row[1]))
    rows = connection.execute(
        "SELECT sequencename, coalesce(last_value, 0) FROM pg_catalog.pg_sequences WHERE schemaname = %s", (schema,)
    )
    return {**found, **{f"sequence {name}": (0, int(value)) for name, value in rows.fetchall()}}


def _tables(connection: psycopg.Connection[Any], schema: str) -> list[str]:
    rows = connection.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s ORDER BY 1", (schema,))
    return [name for (name,) in rows.fetchall()]


def _refuse_writes(source: psycopg.Connection[Any], tenant: Tenant) -> None:
    """Commits with the locks' end: a process that still takes this place for the right one can't write to it."""
    source.execute(
        sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {} FROM {}").format(
            sql.Identifier(tenant.schema_name), sql.Identifier(role_name(tenant.code))
        )
    )


def _give_back_grants(connection: psycopg.Connection[Any], tenant: Tenant) -> None:
    tables = _tables(connection, tenant.schema_name)
    role = role_name(tenant.code)
    for statement in grants.statements(tenant.schema_name, role, grants.hospital_grants(), tables):
        connection.execute(statement)


def _switch(code: str, database: str) -> int:
    tenant = _tenant(code)
    tenant.database, tenant.incarnation, tenant.writes_stopped_until = database, tenant.incarnation + 1, None
    tenant.save(using="owner", update_fields=["database", "incarnation", "writes_stopped_until"])
    registry.invalidate()
    return int(tenant.incarnation)


def _tenant(code: str) -> Tenant:
    tenant: Tenant | None = Tenant.objects.using("owner").filter(code=code).first()
    if tenant is None:
        raise UnknownHospital(detail={"hospital": code})
    return tenant
