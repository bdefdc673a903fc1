"""Emptying what a test filled, where that is enough: much cheaper than another copy of the template.

A few rows in a few tables are deleted, which costs a sixth of TRUNCATE: that makes new files for each table and index.
Emptying is enough when the test changed no structure (schemas, tables, grants, policies) and no row the template came
with; otherwise, or when something still holds a lock, the caller takes a new copy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

import psycopg
from psycopg import errors, sql

LOCK_TIMEOUT = "1s"
FEW_TABLES, FEW_BYTES = 90, 400_000  # rows that were deleted still take room: beyond this, files are begun anew
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
SELECT nspname, relname, pg_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
 WHERE relkind = 'r' AND {_OURS} AND pg_relation_size(c.oid) > 0
"""
_REFERENCES = """
SELECT tn.nspname, t.relname, fn.nspname, f.relname
  FROM pg_constraint k JOIN pg_class f ON f.oid = conrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
  JOIN pg_class t ON t.oid = confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
 WHERE contype = 'f'
"""
_SEQUENCES = """
SELECT tn.nspname, t.relname, array_agg(s.oid::bigint)
  FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
 WHERE s.relkind = 'S' GROUP BY 1, 2
"""
_AT_WORK = """
SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'relation' AND pid <> pg_backend_pid() AND relation >= 16384
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
Table = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A database as it came from the template."""

    structure: str
    contents: dict[Table, str]
    referencing: dict[Table, set[Table]]
    sequences: dict[Table, list[int]]


def baseline(owner: psycopg.Connection[Any]) -> Baseline:
    """Look at a fresh copy."""
    referencing: defaultdict[Table, set[Table]] = defaultdict(set)
    for to_schema, to_table, schema, table in owner.execute(_REFERENCES).fetchall():
        referencing[to_schema, to_table].add((schema, table))
    sequences = {(schema, table): oids for schema, table, oids in owner.execute(_SEQUENCES).fetchall()}
    return Baseline(_structure(owner), _contents(owner, _filled(owner)), dict(referencing), sequences)


def clean(owner: psycopg.Connection[Any], before: Baseline) -> bool:
    """Empty all tables the template had empty; False if that would not give back the template's state."""
    if _structure(owner) != before.structure:
        return False
    filled = _filled(owner)
    if _contents(owner, before.contents) != before.contents:
        return False
    doomed = _with_referencing(filled.keys() - before.contents.keys(), before.referencing)
    if doomed & before.contents.keys():
        return False
    if not doomed:
        return True
    few = len(doomed) <= FEW_TABLES and max(filled.get(table, 0) for table in doomed) <= FEW_BYTES
    try:
        with owner.transaction():
            owner.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
            # A transaction a test left open would show its rows to the next one: TRUNCATE waits for it, and gives up.
            [(at_work,)] = owner.execute(_AT_WORK).fetchall()
            if not (few and not at_work and _delete(owner, doomed, before)):
                tables = sql.SQL(", ").join(sql.Identifier(*table) for table in sorted(doomed))
                owner.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
    except (errors.LockNotAvailable, errors.DeadlockDetected):
        return False
    return True


def _delete(owner: psycopg.Connection[Any], doomed: set[Table], before: Baseline) -> bool:
    """Delete the rows of these tables, those that refer to others first; False, and nothing done, if none is first."""
    try:
        order = [*TopologicalSorter(_referring(doomed, before.referencing)).static_order()]
    except CycleError:
        return False
    with owner.pipeline():
        deleted = [
            (table, owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)), prepare=True))
            for table in order
        ]
    numbered = [oid for table, done in deleted if done.rowcount for oid in before.sequences.get(table, ())]
    if numbered:
        owner.execute(
            "SELECT setval(s.seqrelid, s.seqstart, false) FROM pg_sequence s WHERE s.seqrelid = ANY(%s)", [numbered]
        )
    return True


def _referring(tables: set[Table], referencing: Mapping[Table, set[Table]]) -> dict[Table, set[Table]]:
    """For each table those that refer to it; one that refers to itself is emptied by one statement all the same."""
    return {table: referencing.get(table, set()) & tables - {table} for table in tables}


def _structure(owner: psycopg.Connection[Any]) -> str:
    row = owner.execute(_STRUCTURE).fetchone()
    assert row
    return str(row[0])


def _filled(owner: psycopg.Connection[Any]) -> dict[Table, int]:
    """Tables with something in them, or that had something, with their bytes."""
    return {(schema, table): size for schema, table, size in owner.execute(_FILLED).fetchall()}


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
