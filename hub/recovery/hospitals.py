"""Backup and return of one hospital while the others work.

The dump and the counts are of one instant: both read the same exported snapshot. A return replaces the schema in one
transaction; what was there is kept beside it until the return is confirmed. The hospital stays closed afterwards:
`resync` compares bookings and money with everybody else's books and opens it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

from hub.actor import Actor
from hub.recovery import counts, programs, records, vault
from hub.recovery.errors import BackupFailed
from hub.recovery.models import BackupKind, DrillKind
from hub.recovery.records import Returning
from hub.tenancy import registry, repair
from hub.tenancy.dumping import libpq_environment
from hub.tenancy.names import schema_name
from hub.tenancy.schemas import OWNER, owner_connection, owner_of
from hub.tenancy.scope import REGION
from hub.work import work

Report = Callable[[str], None]


def backup_hospital(code: str, *, actor: Actor) -> UUID:
    """Put one hospital aside, wherever it lives: its schema, and how its public rows stood at the same instant.

    Of one that lives in another database than the district's, at almost the same: they are counted just before.
    """
    info = registry.tenant(code)
    owner = owner_of(info.database)
    with (
        records.making(BackupKind.HOSPITAL, code, actor=actor) as made,
        owner_connection(owner) as connection,
        owner_connection() as home,
    ):
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            snapshot = _exported(connection)
            public = counts.of_institution(connection if owner == OWNER else home, code)
            made.file = _dumped(code, owner, snapshot, f"hospital/{code}/{made.id}.sql.gz.sealed")
            made.facts = {
                "format": "pg_dump plain, gzip",
                "schema": info.schema,
                "database": info.database,
                "incarnation": info.incarnation,
                "counts": counts.of_schema(connection, info.schema),
                "public": public,
            }
        made.size = _stored_size(made.file)
        made.facts["bytes_stored"] = made.size
    records.read_back(made.id, actor=actor)
    return made.id


def restore_hospital(code: str, backup_id: UUID, *, actor: Actor, report: Report) -> UUID:
    """Bring one hospital back; it stays closed for `resync`. Safe to run again after it broke off. The record's id.

    It comes back where it lives now, wherever it lived when it was put aside; that database may be new and empty.
    """
    note = vault.note(backup_id)
    if note.kind != BackupKind.HOSPITAL or note.scope != code or note.file is None:
        raise BackupFailed("这份备份不属于该机构。")
    records.read_back(backup_id, actor=actor)
    with records.returning(DrillKind.HOSPITAL, code, backup_id, rehearsal=False, actor=actor) as returning:
        _close([code], actor)
        _told(returning, report, "已关闭该机构，居民看到说明，其他机构不受影响")
        owner = owner_of(registry.tenant(code).database)
        with owner_connection(owner) as connection, owner_connection() as home:
            repair.prepare(connection, code)
            repair.fence(connection, code)
            with connection.transaction():
                repair.put_aside(connection, code)
            _told(returning, report, "现有数据已移到旁边保留")
            _pour_back(note.file, owner)
            _told(returning, report, "备份已写回")
            returning.counts = counts.differences(note.facts["counts"], counts.of_schema(connection, schema_name(code)))
            incarnation = repair.accept(connection, code)
            _note_public(returning, note.facts["public"], counts.of_institution(home, code))
        repair.announce()
        _told(returning, report, f"已升级到当前版本，代次 {incarnation}；请执行 resync")
    return returning.id


def close_all_of(alias: str, *, actor: Actor) -> list[str]:
    """Close the hospitals of a further database whose server comes back from an older day; `resync` opens each."""
    codes = [info.code for info in registry.hospitals() if info.database == alias]
    _close(codes, actor)
    return codes


def _close(codes: list[str], actor: Actor) -> None:
    """With words for residents, and heard by every process."""
    with work(REGION, actor=actor) as unit:
        for code in codes:
            repair.close(code, repair.RESTORE)
            unit.audit("hospital.closed", target=f"hospital:{code}", detail={"for": repair.RESTORE})
        if not codes:
            unit.audit("hospital.closed", target="hospital:none", outcome="nothing")
    repair.announce()
    repair.heard()


def drop_old(code: str, *, actor: Actor) -> bool:
    """Drop what a confirmed return had replaced."""
    with owner_connection(owner_of(registry.tenant(code).database)) as connection:
        gone = repair.forget_old(connection, code)
    with work(REGION, actor=actor) as unit:
        unit.audit("hospital.old_data_dropped", target=f"hospital:{code}", outcome="success" if gone else "nothing")
    return gone


def _exported(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None
    return str(row[0])


def _dumped(code: str, owner: str, snapshot: str, name: str) -> vault.Sealed:
    arguments = [
        f"--schema={schema_name(code)}", f"--snapshot={snapshot}", "--format=plain", "--compress=gzip:4",
        "--no-owner", "--no-privileges", "--no-password",
    ]  # fmt: skip
    with programs.reading("pg_dump", arguments, env=libpq_environment(owner)) as source:
        return vault.write(name, source, owner=code)


def _pour_back(stored: vault.Sealed, owner: str) -> None:
    """All or nothing: psql runs the dump as one transaction and stops at the first error."""
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    arguments = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--no-password"]
    with programs.writing("psql", arguments, env=libpq_environment(owner)) as target:
        vault.pour(stored, lambda piece: target.write(unpack.decompress(piece)))
        target.write(unpack.flush())


def _stored_size(stored: vault.Sealed) -> int:
    return (vault.root() / stored.name).stat().st_size


def _note_public(returning: Returning, before: counts.Counts, after: counts.Counts) -> None:
    """The public rows went on meanwhile: shown beside what they were, and left to `resync` to judge."""
    returning.counts += counts.differences(
        {f"public.{name}": count for name, count in before.items()},
        {f"public.{name}": count for name, count in after.items()},
        leave_out=[f"public.{name}" for name in (*before, *after)],
    )


def _told(returning: Returning, report: Report, text: str) -> None:
    returning.step(text)
    report(text)
