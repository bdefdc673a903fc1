"""Emptying what a test filled, where that is enough: much cheaper than another copy of the template.

It is enough when the test changed no structure (schemas, tables, grants, policies) and no row the template came with;
otherwise, or when something still holds a lock, the caller takes a new copy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors, sql

LOCK_TIMEOUT = "1s"
_OURS = "nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
_STRUCTURE = f"""
SELECT md5(string_agg(line, '|' ORDER BY line)) FROM (
    SELECT concat_ws(',', c.oid, relname, relacl, relrowsecurity, relnatts, relchecks, relhastriggers)
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE {_OURS}
    UNION ALL SELECT concat_ws(',', oid, nspname, nspacl, obj_description(oid, 'pg_namespace'))
      FROM pg_namespace WHERE {_OURS}
    UNION ALL SELECT concat_ws(',', oid, polname, polrelid, polroles) FROM pg_policy
    UNION ALL SELECT concat_ws(',', count(*), max(oid)) FROM pg_constraint
) lines (line)
"""
_FILLED = f"""
SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
 WHERE relkind = 'r' AND {_OURS} AND pg_relation_size(c.oid) > 0
"""
_REFERENCES = """
SELECT tn.nspname, t.relname, fn.nspname, f.relname
  FROM pg_constraint k JOIN pg_class f ON f.oid = conrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
  JOIN pg_class t ON t.oid = confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
 WHERE contype = 'f'
"""
Table = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A database as it came from the template."""

    structure: str
    contents: dict[Table, str]
    referencing: dict[Table, set[Table]]


def baseline(owner: psycopg.Connection[Any]) -> Baseline:
    """Look at a fresh copy."""
    referencing: defaultdict[Table, set[Table]] = defaultdict(set)
    for to_schema, to_table, schema, table in owner.execute(_REFERENCES).fetchall():
        referencing[to_schema, to_table].add((schema, table))
    return Baseline(_structure(owner), _contents(owner, _filled(owner)), dict(referencing))


def clean(owner: psycopg.Connection[Any], before: Baseline) -> bool:
    """Empty all tables the template had empty; False if that would not give back the template's state."""
    if _structure(owner) != before.structure:
        return False
    filled = _filled(owner)
    if _contents(owner, before.contents) != before.contents:
        return False
    doomed = _with_referencing(filled - before.contents.keys(), before.referencing)
    if doomed & before.contents.keys():
        return False
    if not doomed:
        return True
    tables = sql.SQL(", ").join(sql.Identifier(*table) for table in sorted(doomed))
    try:
        with owner.transaction():
            owner.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
            owner.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
    except (errors.LockNotAvailable, errors.DeadlockDetected):
        return False
    return True


def _structure(owner: psycopg.Connection[Any]) -> str:
    row = owner.execute(_STRUCTURE).fetchone()
    assert row
    return str(row[0])


def _filled(owner: psycopg.Connection[Any]) -> set[Table]:
    return {(schema, table) for schema, table in owner.execute(_FILLED).fetchall()}


def _contents(owner: psycopg.Connection[Any], tables: Iterable[Table]) -> dict[Table, str]:
    digests = {}
    for table in tables:
        query = sql.SQL("SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t")
        row = owner.execute(query.format(sql.Identifier(*table))).fetchone()
        assert row
        digests[table] = str(row[0])
    return digests


def _with_referencing(tables: Iterable[Table], referencing: dict[Table, set[Table]]) -> set[Table]:
    """With every table that refers to one of them: TRUNCATE takes them together or not at all."""
    found: set[Table] = set()
    waiting = list(tables)
    while waiting:
        table = waiting.pop()
        if table not in found:
            found.add(table)
            waiting += referencing.get(table, ())
    return found
