"""How many rows a table has and what they add up to: the same before and after a return, or something is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

Counts = dict[str, list[str]]

# Independent of the rows' order, so that no table is sorted: every row's hash, added up.
_ADD_UP = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {table} AS t"
_ADD_UP_OF_ONE = (
    "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {table} AS t"
    " WHERE t.institution_code = {code}"
)


def of_schema(connection: psycopg.Connection[Any], schema: str) -> Counts:
    """Table -> [rows, sum] of every table of a schema; the owner's connection, its own snapshot."""
    _steady(connection)
    return {
        table: _added_up(connection, sql.SQL(_ADD_UP).format(table=sql.Identifier(schema, table)))
        for table in _tables(connection, schema)
    }


def of_institution(connection: psycopg.Connection[Any], code: str) -> Counts:
    """The public rows of one hospital: table -> [rows, sum] of every public table with `institution_code`."""
    _steady(connection)
    rows = connection.execute(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'institution_code' ORDER BY 1"
    ).fetchall()
    return {
        name: _added_up(
            connection,
            sql.SQL(_ADD_UP_OF_ONE).format(table=sql.Identifier("public", name), code=sql.Literal(code)),
        )
        for (name,) in rows
    }


def differences(before: Counts, after: Counts, *, leave_out: Iterable[str] = ()) -> list[list[str]]:
    """[table, rows before, rows after, agree] of every table; what is left out may differ by design."""
    left_out = set(leave_out)
    lines = []
    for table in sorted(before.keys() | after.keys()):
        was, now = before.get(table, ["0", "0"]), after.get(table, ["0", "0"])
        agree = "" if table in left_out else ("yes" if was == now else "no")
        lines.append([table, was[0], now[0], agree])
    return lines


def _steady(connection: psycopg.Connection[Any]) -> None:
    """The same row reads the same on every server, whatever its own settings are."""
    connection.execute(
        "SELECT set_config('timezone', 'UTC', false), set_config('datestyle', 'ISO', false),"
        " set_config('bytea_output', 'hex', false), set_config('extra_float_digits', '1', false)"
    )


def _tables(connection: psycopg.Connection[Any], schema: str) -> list[str]:
    rows = connection.execute(
        "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s ORDER BY 1", [schema]
    ).fetchall()
    return [name for (name,) in rows]


def _added_up(connection: psycopg.Connection[Any], question: sql.Composed) -> list[str]:
    row = connection.execute(question).fetchone()
    return [str(row[0]), str(row[1])] if row else ["0", "0"]
