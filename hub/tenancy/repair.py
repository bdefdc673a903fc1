"""Closing a hospital for a work on its data, replacing its schema, and opening it again (practice 20).

The flag in the registry keeps everybody who asks away, with words; a process that has not yet heard of it is stopped by
PostgreSQL itself: while the schema is replaced the hospital's role may not use it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors, sql

from hub.tenancy import registry, roles, schemas
from hub.tenancy.context import repairing
from hub.tenancy.errors import ProvisioningFailed, UnknownHospital
from hub.tenancy.models import Tenant
from hub.tenancy.names import role_name, schema_name
from hub.tenancy.provision import prepare_role

RESTORE, RESYNC = "restore", "resync"
LOCK_TIMEOUT = "60s"


def close(code: str, what: str) -> None:
    """Close a hospital inside an open region scope; call `announce` after the commit."""
    if not Tenant.objects.filter(code=code).update(repair=what):
        raise UnknownHospital(detail={"hospital": code})


def open_again(code: str) -> None:
    """Open a hospital inside an open region scope; call `announce` after the commit."""
    close(code, "")


def announce() -> None:
    """Tell all processes; `heard` comes back when every one of them has had the time to hear it."""
    registry.invalidate()


def heard() -> None:
    """Wait until no process goes by what it knew before the announcement."""
    time.sleep(registry.FRESH_SECONDS + 0.2)


@contextmanager
def inside(code: str) -> Iterator[None]:
    """Enter a hospital that is closed, for the work it is closed for."""
    with repairing(code):
        yield


def old_schema(code: str) -> str:
    """Where the schema a restore replaced is kept until somebody confirms the restore. No hospital's name looks so."""
    return f"old_{schema_name(code)}"


def prepare(connection: psycopg.Connection[Any], code: str) -> None:
    """What a return needs besides the schema, in a database that may itself be new: extensions and the role."""
    roles.prepare_database(connection)
    prepare_role(connection, code)


def fence(connection: psycopg.Connection[Any], code: str) -> None:
    """Keep the hospital's own role out, and wait until what it had begun has ended."""
    schema, role = sql.Identifier(schema_name(code)), sql.Identifier(role_name(code))
    if not _exists(connection, schema_name(code)):
        return
    connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(schema, role))
    rows = connection.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s", [schema_name(code)])
    tables = [sql.Identifier(schema_name(code), name) for (name,) in rows.fetchall()]
    if not tables:
        return
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(tables)))


def put_aside(connection: psycopg.Connection[Any], code: str) -> None:
    """Make room for what comes back: the present schema is kept; one that a broken-off restore left is dropped."""
    present, kept = schema_name(code), old_schema(code)
    if not _exists(connection, present):
        return
    if _exists(connection, kept):
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(present)))
    else:
        connection.execute(
            sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(present), sql.Identifier(kept))
        )


def accept(connection: psycopg.Connection[Any], code: str) -> int:
    """Bring what came back up to today's migrations and grants, under the next incarnation; returns that number.

    The hospital may live in another database than the district's row of it: a crash between the two leaves a schema
    that is up to date and a hospital that is still closed for its restore, which runs again.
    """
    recording = schemas.read_recording()
    with connection.transaction():
        row = connection.execute(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = %s",
            [schema_name(code)],
        ).fetchone()
        if row is None:
            raise ProvisioningFailed(detail={"hospital": code, "reason": "nothing came back"})
        schemas.replay(connection, recording, schemas.Lag(schema_name(code), role_name(code), row[0]))
    with schemas.owner_connection() as home:
        raised = home.execute(
            "UPDATE public.tenancy_tenant SET incarnation = incarnation + 1, repair = %s WHERE code = %s"
            " RETURNING incarnation",
            [RESYNC, code],
        ).fetchone()
    if raised is None:
        raise UnknownHospital(detail={"hospital": code})
    registry.forget()
    return int(raised[0])


def forget_old(connection: psycopg.Connection[Any], code: str) -> bool:
    """Drop what the restore had replaced; False when there is nothing."""
    try:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(old_schema(code))))
    except errors.InvalidSchemaName:
        return False
    return True


def _exists(connection: psycopg.Connection[Any], schema: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [schema]).fetchone()
    return found is not None
