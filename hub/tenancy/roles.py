"""What the database needs besides tables: the staff role, the extensions' schema, and who may enter what.

An administrator (or the supervisor of an embedded server) makes only the database and three logins: `<prefix>_owner`
(CREATEROLE, owns the database), `<prefix>_region` and `<prefix>_hospital` (both NOINHERIT). Everything here is done by
the owner login and is safe to run again, also by several at once: roles belong to the whole cluster.
"""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg
from psycopg import errors, sql

from hub.tenancy.names import EXTENSION_SCHEMA, region_role, region_staff_role

EXTENSIONS = ("pg_trgm", "btree_gist")


def prepare_database(owner: psycopg.Connection[Any]) -> None:
    """Extensions in a schema of their own, `public` for the region only, the role of hospitals' staff.

    `owner` must be in autocommit mode.
    """
    extension_schema = sql.Identifier(EXTENSION_SCHEMA)
    owner.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(extension_schema))
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(extension_schema))
    for extension in EXTENSIONS:
        owner.execute(
            sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA {}").format(sql.Identifier(extension), extension_schema)
        )
    owner.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    ensure_role(owner, region_staff_role())
    grant_membership(owner, role=region_staff_role(), to=region_role())


def ensure_role(owner: psycopg.Connection[Any], role: str) -> None:
    """Create a role nobody can log in as, unless it exists; two creators at once both succeed."""
    try:
        with owner.transaction():
            owner.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    except (errors.DuplicateObject, errors.UniqueViolation):
        return


def grant_membership(owner: psycopg.Connection[Any], *, role: str, to: str) -> None:
    """Let the login `to` take `role` inside a transaction without having its privileges before.

    From PostgreSQL 16 on the grant says so; on 15 the login's NOINHERIT does.
    """
    how: LiteralString = " WITH INHERIT FALSE, SET TRUE" if owner.info.server_version >= 160000 else ""
    owner.execute(sql.SQL("GRANT {} TO {}" + how).format(sql.Identifier(role), sql.Identifier(to)))
