"""The only way rows past their time are removed (JA-SEC-06, -07, -08).

A batch of doomed rows is put aside first, sealed, in the object store; it is read back and compared row by row; only
then exactly these rows are removed. In the hours people need the hub nothing is cleaned up. What was put aside stays
for years and can be put back at any time.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.db import connections
from psycopg import sql

from hub import clock, ids
from hub.actor import Actor
from hub.errors import HubError
from hub.journal.world import open_scope, world_of
from hub.recovery.errors import CleanupRefused, UnknownBackup
from hub.recovery.models import Cleanup, CleanupState, DrillKind
from hub.recovery.records import returning
from hub.storage import objects
from hub.storage.objects import StoredObject
from hub.tenancy.keys import object_key
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work

logger = logging.getLogger(__name__)

BATCH = 5000
CONTENT_TYPE = "application/x-ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """Rows of one table past their time. `condition` is SQL of this house with one parameter, `before`.

    `blank` names columns that are emptied while the row stays; without it the rows go. `key` is the primary key,
    `kept` the entry of HUB_BACKUP_KEEP_DAYS for what was put aside.
    """

    name: str
    table: str
    condition: str
    before: datetime | date
    blank: tuple[str, ...] = ()
    key: str = "id"
    kept: str = "cleanup"


def in_peak(now: datetime) -> bool:
    """Whether an instant lies in the hours in which nothing is cleaned up."""
    begins, _, ends = settings.HUB_PEAK_HOURS.partition("-")
    at = clock.local(now).time()
    first, last = time.fromisoformat(begins), time.fromisoformat(ends)
    return first <= at < last if first <= last else at >= first or at < last


def clean_out(scope: str, doomed: Sequence[Doomed], *, actor: Actor) -> list[int]:
    """Clean up everything past its time, batch by batch, in the order given; how many rows of each.

    For the schedule: in peak hours nothing happens and nothing is recorded, the next turn is another chance.
    CleanupRefused when a backup does not read back.
    """
    if in_peak(clock.now()):
        return [0 for _ in doomed]
    return [_clean_out_one(scope, one, actor) for one in doomed]


def _clean_out_one(scope: str, doomed: Doomed, actor: Actor) -> int:
    gone = 0
    while rows := clean(scope, doomed, actor=actor):
        gone += rows
    return gone


def clean(scope: str, doomed: Doomed, *, actor: Actor) -> int:
    """Clean one batch up; how many rows. CleanupRefused in peak hours, or when its backup does not read back."""
    if in_peak(clock.now()):
        _refused(scope, doomed, actor, f"业务高峰 {settings.HUB_PEAK_HOURS} 内不清理")
    rows = _doomed_rows(scope, doomed)
    if not rows:
        return 0
    record = _put_aside(scope, doomed, rows, actor)
    try:
        stored = objects.get(_stored(record))
    except HubError as problem:
        _refused(scope, doomed, actor, f"清理前的备份读不回来：{problem.text}", record)
    if stored != _content(rows):
        _refused(scope, doomed, actor, "清理前的备份与原数据不一致", record)
    _mark(record, CleanupState.READ_BACK, actor)
    with work(scope, actor=actor) as unit:
        gone = _remove(unit, doomed, [row[doomed.key] for row in rows])
        unit.audit(f"{doomed.name}.cleaned", target=f"cleanup:{record.id}", detail={"rows": gone})
    _mark(record, CleanupState.DONE, actor)
    return gone


def restore(cleanup_id: UUID, *, actor: Actor) -> int:
    """Put a batch back where it was; how many rows came back. Rows that are there stay as they are."""
    with region(read_only=True):
        record = Cleanup.objects.filter(pk=cleanup_id).exclude(object_key="").first()
    if record is None:
        raise UnknownBackup
    lines = objects.get(_stored(record)).splitlines()
    with returning(DrillKind.CLEANUP, record.scope, record.id, rehearsal=False, actor=actor) as drill:
        with work(record.scope, actor=actor) as unit:
            back = _put_back(unit, record, b"[" + b",".join(lines) + b"]")
            unit.audit("cleanup.restored", target=f"cleanup:{record.id}", detail={"rows": back})
        drill.counts = [[record.table, str(record.rows), str(back), "" if back != record.rows else "yes"]]
        drill.step(f"写回 {back} 行")
    with work(REGION, actor=actor) as unit:
        Cleanup.objects.filter(pk=cleanup_id).update(restored_at=unit.now)
        unit.audit("cleanup.restored", target=f"cleanup:{cleanup_id}", detail={"rows": back})
    return back


def expire(*, actor: Actor) -> int:
    """Remove what was put aside and is past the policy's time; how many batches. None before its day."""
    with region(read_only=True):
        rows = list(Cleanup.objects.filter(state=CleanupState.DONE, keep_until__lt=clock.today())[:BATCH])
    for row in rows:
        objects.delete(row.object_key)
        with work(REGION, actor=actor) as unit:
            Cleanup.objects.filter(pk=row.pk).update(state=CleanupState.EXPIRED, object_key="")
            unit.audit("cleanup.backup_removed", target=f"cleanup:{row.pk}", reason="kept long enough")
    return len(rows)


def _doomed_rows(scope: str, doomed: Doomed) -> list[dict[str, Any]]:
    question = sql.SQL("SELECT row_to_json(t)::text FROM {} AS t WHERE {} ORDER BY t.{} LIMIT {}").format(
        sql.Identifier(doomed.table), _condition(doomed), sql.Identifier(doomed.key), sql.Literal(BATCH)
    )
    with open_scope(scope, read_only=True), connections[world_of(scope).alias].cursor() as cursor:
        cursor.execute(question)
        return [json.loads(text) for (text,) in cursor.fetchall()]


def _condition(doomed: Doomed) -> sql.Composable:
    return sql.SQL("t.{key} IN (SELECT {key} FROM {table} WHERE {condition})").format(
        key=sql.Identifier(doomed.key),
        table=sql.Identifier(doomed.table),
        condition=sql.SQL(doomed.condition).format(before=sql.Literal(doomed.before)),
    )


def _content(rows: Sequence[dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)


def _put_aside(scope: str, doomed: Doomed, rows: Sequence[dict[str, Any]], actor: Actor) -> Cleanup:
    cleanup_id = ids.uuid7()
    key = object_key(scope, "cleanup", f"{cleanup_id}.ndjson")
    try:
        stored = objects.put(key, _content(rows), content_type=CONTENT_TYPE, owner=scope)
    except HubError as problem:
        _refused(scope, doomed, actor, f"清理前的备份没有写成：{problem.text}")
    keep = clock.today() + timedelta(days=settings.HUB_BACKUP_KEEP_DAYS[doomed.kept])
    with work(REGION, actor=actor) as unit:
        record = Cleanup.objects.create(
            id=cleanup_id, name=doomed.name, scope=scope, table=doomed.table, blanked=list(doomed.blank),
            rows=len(rows), state=CleanupState.PUT_ASIDE, at=unit.now, keep_until=keep, object_key=stored.key,
            content_type=stored.content_type, size=stored.size, sha256=stored.sha256, suite=stored.suite,
            wrapped_key=stored.wrapped_key,
        )  # fmt: skip
        unit.audit("cleanup.put_aside", target=f"cleanup:{cleanup_id}", detail={"rows": len(rows), "scope": scope})
    return record


def _stored(record: Cleanup) -> StoredObject:
    return StoredObject(
        key=record.object_key,
        content_type=record.content_type,
        size=record.size,
        sha256=record.sha256,
        suite=record.suite,
        wrapped_key=bytes(record.wrapped_key or b""),
    )


def _mark(record: Cleanup, state: CleanupState, actor: Actor) -> None:
    with work(REGION, actor=actor) as unit:
        Cleanup.objects.filter(pk=record.pk).update(state=state, ended_at=unit.now)
        unit.audit(f"cleanup.{state}", target=f"cleanup:{record.pk}")


def _refused(scope: str, doomed: Doomed, actor: Actor, why: str, record: Cleanup | None = None) -> NoReturn:
    """Write the refusal down and raise it; not a row was touched."""
    logger.warning("clean-up refused", extra={"scope": scope, "cleanup": doomed.name, "failure": why})
    with work(REGION, actor=actor) as unit:
        if record is not None:
            Cleanup.objects.filter(pk=record.pk).update(state=CleanupState.REFUSED, reason=why[:200])
        else:
            Cleanup.objects.create(
                name=doomed.name, scope=scope, table=doomed.table, state=CleanupState.REFUSED, reason=why[:200],
                at=unit.now,
            )  # fmt: skip
        unit.audit("cleanup.refused", target=f"journal:{scope}", outcome="refused", reason=why[:200])
    raise CleanupRefused(why)


def _remove(unit: Unit, doomed: Doomed, row_ids: Sequence[Any]) -> int:
    table, key = sql.Identifier(doomed.table), sql.Identifier(doomed.key)
    if doomed.blank:
        emptied = sql.SQL(", ").join(sql.SQL("{} = NULL").format(sql.Identifier(name)) for name in doomed.blank)
        statement = sql.SQL("UPDATE {} SET {} WHERE {} = ANY(%s) RETURNING 1").format(table, emptied, key)
    else:
        statement = sql.SQL("DELETE FROM {} WHERE {} = ANY(%s) RETURNING 1").format(table, key)
    with connections[unit.world.alias].cursor() as cursor:
        cursor.execute(statement, [list(row_ids)])
        return len(cursor.fetchall())


def _put_back(unit: Unit, record: Cleanup, rows: bytes) -> int:
    table = sql.Identifier(record.table)
    source = sql.SQL("json_populate_recordset(NULL::{}, %s::json)").format(table)
    if record.blanked:
        named = sql.SQL(", ").join(sql.SQL("{0} = r.{0}").format(sql.Identifier(name)) for name in record.blanked)
        statement = sql.SQL("UPDATE {} AS t SET {} FROM {} AS r WHERE t.id = r.id RETURNING 1").format(
            table, named, source
        )
    else:
        statement = sql.SQL(
            "INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {} ON CONFLICT DO NOTHING RETURNING 1"
        ).format(table, source)
    with connections[unit.world.alias].cursor() as cursor:
        cursor.execute(statement, [rows.decode()])
        return len(cursor.fetchall())
