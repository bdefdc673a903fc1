"""The hub's logins and its database, made once by whoever administers the cluster.

Pure psycopg: the supervisor and the tests run it with the superuser of an embedded server, an administrator may run
`statements()` by hand on a managed one. Everything after this needs only the owner login.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import errors, sql

_LOCK = 4711_0001
EXTENSIONS = ("pg_trgm", "btree_gist")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """The prefix of this installation's roles and the passwords of its three logins."""

    prefix: str
    owner_password: str
    region_password: str
    hospital_password: str


def prepare_roles(admin: psycopg.Connection[Any], logins: Logins) -> None:
    """Create or refresh the four roles; safe to run again and at the same time as another run.

    `admin` must be in autocommit mode.
    """
    admin.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        _role(admin, f"{logins.prefix}_owner", "LOGIN CREATEROLE CREATEDB", logins.owner_password)
        _role(admin, f"{logins.prefix}_region", "LOGIN", logins.region_password)
        # NOINHERIT is what keeps hospitals' privileges out of a session on PostgreSQL 15; from 16 on each grant says so.
        _role(admin, f"{logins.prefix}_hospital", "LOGIN NOINHERIT", logins.hospital_password)
        _role(admin, f"{logins.prefix}_region_staff", "NOLOGIN", None)
        grant_membership(admin, role=f"{logins.prefix}_region_staff", to=f"{logins.prefix}_region")
    finally:
        admin.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def prepare_database(admin: psycopg.Connection[Any], name: str, prefix: str) -> None:
    """Create the database, owned by the owner login and closed to everybody else but the two others."""
    exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    owner, database = sql.Identifier(f"{prefix}_owner"), sql.Identifier(name)
    if not exists:
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(database, owner))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    for login in ("region", "hospital"):
        admin.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(f"{prefix}_{login}"))
        )


def prepare_schemas(admin: psycopg.Connection[Any], prefix: str) -> None:
    """Inside the new database: extensions in a schema of their own, `public` for the region only."""
    owner = sql.Identifier(f"{prefix}_owner")
    admin.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS ext AUTHORIZATION {}").format(owner))
    admin.execute("GRANT USAGE ON SCHEMA ext TO PUBLIC")
    for extension in EXTENSIONS:
        admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA ext").format(sql.Identifier(extension)))
    admin.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner))
    admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")


def grant_membership(connection: psycopg.Connection[Any], *, role: str, to: str) -> None:
    """Let the login `to` take `role` inside a transaction, without having its privileges before."""
    how: LiteralString = " WITH INHERIT FALSE, SET TRUE" if connection.info.server_version >= 160000 else ""
    connection.execute(sql.SQL("GRANT {} TO {}" + how).format(sql.Identifier(role), sql.Identifier(to)))


def ensure_role(connection: psycopg.Connection[Any], role: str, attributes: LiteralString = "NOLOGIN") -> None:
    """Create a role unless it exists; two creators at once both succeed."""
    try:
        with connection.transaction():
            connection.execute(sql.SQL("CREATE ROLE {} " + attributes).format(sql.Identifier(role)))
    except (errors.DuplicateObject, errors.UniqueViolation):
        return


def _role(admin: psycopg.Connection[Any], name: str, attributes: LiteralString, password: str | None) -> None:
    ensure_role(admin, name)
    alter = sql.SQL("ALTER ROLE {} " + attributes).format(sql.Identifier(name))
    if password is not None:
        alter = sql.SQL("{} PASSWORD {}").format(alter, sql.Literal(password))
    admin.execute(alter)
