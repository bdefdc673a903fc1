"""Connections whose role and search_path live in a transaction and never in a session."""

from __future__ import annotations

from typing import Any, cast

import psycopg
from django.db.backends.postgresql.features import DatabaseFeatures
from django.db.backends.postgresql.introspection import DatabaseIntrospection
from django.db.backends.postgresql.operations import DatabaseOperations
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsWrapper

from hub.tenancy.backend.pool import WarmPool, mark, wanting
from hub.tenancy.backend.schema import RecordingSchemaEditor
from hub.tenancy.context import check_region_access
from hub.tenancy.errors import ScopeMisuse, UnsafeLogin

MAX_NAME_LENGTH = 45  # Citus appends a shard number to names, and cuts and hashes longer ones
OWNER = "owner"  # and owner_<name>: the logins of commands, which isolation need not bind


class HubOperations(DatabaseOperations):
    """Names that survive Citus, foreign keys that are checked at once."""

    def max_name_length(self) -> int:
        """45 characters."""
        return MAX_NAME_LENGTH

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """What was sent, its parameters filled in also where the server bound them."""
        if isinstance(cursor, psycopg.ClientCursor):
            return super().last_executed_query(cursor, sql, params)
        return cast(str, self.compose_sql(sql, params))

    def deferrable_sql(self) -> str:
        """Checked by the statement, so that a broken reference is an IntegrityError there and not at COMMIT."""
        return " DEFERRABLE INITIALLY IMMEDIATE"


class HubFeatures(DatabaseFeatures):
    """What follows from immediate foreign keys."""

    can_defer_constraint_checks = False


class DatabaseWrapper(TenantsWrapper):  # type: ignore[misc]
    """A connection that opens a scope in the same message as BEGIN, and sets nothing at session level."""

    SchemaEditorClass = RecordingSchemaEditor
    ops_class = HubOperations
    features_class = HubFeatures

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._opening: bytes | None = None
        self.statement_log: list[str] | None = None
        super().__init__(*args, **kwargs)
        self.introspection = DatabaseIntrospection(self)

    # django-tenants' own way into a schema is closed: it is a session setting, which a pool would carry to others.

    def set_schema_to_public(self) -> None:
        """Called by the constructor: the name migrations go by, no statement."""
        self.tenant = None
        self.schema_name = "public"

    def set_tenant(self, *_args: Any, **_options: Any) -> None:
        """Refused: `with hospital(code)` is the only door."""
        raise ScopeMisuse("set_tenant() is closed; use `with hospital(code)`")

    def set_schema(self, *_args: Any, **_options: Any) -> None:
        """Refused: `with hospital(code)` is the only door."""
        raise ScopeMisuse("set_schema() is closed; use `with hospital(code)`")

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Switched off: the path is set by the scope, inside its transaction."""

    def _cursor(self, name: str | None = None) -> Any:
        if self.alias == "default":
            check_region_access()
        return super()._cursor(name)

    def planning_cursor(self) -> Any:
        """A cursor for statements that come again and again: the server plans each once for the connection, and again
        when role or path changed, and binds the parameters itself (`hub.tenancy.statements`)."""
        if self.alias == "default":
            check_region_access()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(psycopg.Cursor(self.connection))

    # A scope: BEGIN, role and path in one message.

    @property
    def pool(self) -> WarmPool | None:
        """Django's, in the order that keeps plans; one an alias and process, opened when it is first asked."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if not options:
            return None
        known: dict[str, WarmPool] = self._connection_pools
        if self.alias not in known:
            parameters = {**self.get_connection_params(), "autocommit": True}
            made = WarmPool(kwargs=parameters, open=False, configure=self._configured, **options)
            known.setdefault(self.alias, made)  # of two threads' the first counts; the other was never opened
        return known[self.alias]

    def open_next_with(self, opening: bytes, *, world: str) -> None:
        """Begin the next transaction with `opening`, which starts with BEGIN, on a connection warm for `world`."""
        with wanting(world):  # a failure to connect must not leave `opening` for some later transaction
            self.ensure_connection()
        mark(self.connection, world)
        self._opening = opening

    def _set_autocommit(self, autocommit: bool) -> None:
        opening = self._opening
        if autocommit or opening is None:
            super()._set_autocommit(autocommit)
            return
        self._opening = None
        # psycopg stays in autocommit, so it adds no BEGIN of its own; commit() and rollback() end ours as usual.
        with self.wrap_database_errors:
            try:
                self._begin(opening)
            except psycopg.OperationalError:
                if not self.connection.closed:
                    raise
                self._reconnect()
                self._begin(opening)

    def _begin(self, opening: bytes) -> None:
        try:
            self.connection.execute(opening)
        except psycopg.Error:
            if not self.connection.closed:
                self.connection.rollback()
            raise

    def _reconnect(self) -> None:
        """The server went away while this connection was idle; nothing was sent yet, so a fresh one is as good."""
        self.close()
        if self.pool:
            self.pool.check()
        self.connect()

    def _configured(self, connection: psycopg.Connection[Any]) -> None:
        self._configure_connection(connection)

    def _configure_connection(self, connection: psycopg.Connection[Any]) -> bool:
        """Once for each physical connection: refuse a login that isolation does not bind."""
        changed: bool = super()._configure_connection(connection)
        if not self.alias.startswith(OWNER):
            row = connection.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = session_user"
            ).fetchone()
            if row is None or row[0]:
                connection.close()
                raise UnsafeLogin(f"the login of alias {self.alias} is superuser or has BYPASSRLS")
        return changed
