"""DDL that Citus accepts and that can be recorded and replayed statement by statement."""

from __future__ import annotations

from typing import Any, cast

from django.db.backends.postgresql.schema import DatabaseSchemaEditor


class RecordingSchemaEditor(DatabaseSchemaEditor):
    """One statement per execute; what it executes is noted on the connection while a recording runs."""

    # Django appends SET CONSTRAINTS to these because its constraints are deferred; ours are not, and several
    # statements in one string can't be prepared (nor sent through Citus).
    sql_update_with_default = "UPDATE %(table)s SET %(column)s = %(default)s WHERE %(column)s IS NULL"
    sql_create_column_inline_fk = "CONSTRAINT %(name)s REFERENCES %(to_table)s(%(to_column)s)%(deferrable)s"
    sql_delete_fk = "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s"

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Compose the statement in full, note it, run it."""
        statement = str(sql) if params is None else self.connection.ops.compose_sql(str(sql), params)
        log: list[str] | None = cast(Any, self.connection).statement_log
        if log is not None:
            log.append(statement)
        super().execute(statement, None)
