"""Migrations of public, the template schema and every hospital's schema (kernel decision 9).

A migration runs for real on the template schema; the statements it executed are recorded and replayed, one execute
each, on the schemas that lag, in a transaction that ends with the schema's stamp (a comment naming the row of the
recording it stands at). One query tells which schemas lag.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import psycopg
from django.apps import apps
from django.db import connections, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from hub.tenancy import grants
from hub.tenancy.backend.base import DatabaseWrapper
from hub.tenancy.context import HOME_ALIAS
from hub.tenancy.errors import ProvisioningFailed
from hub.tenancy.models import RecordedMigration
from hub.tenancy.names import EXTENSION_SCHEMA, TEMPLATE_SCHEMA
from hub.tenancy.router import hospital_labels

Report = Callable[[str], None]
MIGRATION_LOCK = 4711_0002
STAMP_PREFIX = "hub:"
LOCK_TIMEOUT = "10s"
OWNER = "owner"


def owner_of(database: str) -> str:
    """The owner's alias beside a hospital's database alias: `hospital_b` has `owner_b`."""
    return database.replace(HOME_ALIAS, OWNER, 1)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded migration."""

    title: str
    statements: tuple[str, ...]
    chain: str


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything recorded so far, and the grants that go with it."""

    migrations: tuple[Recorded, ...]
    tables: tuple[str, ...]
    grants_digest: str

    @property
    def stamp(self) -> str:
        """The comment of a schema that lacks nothing."""
        return self.stamp_at(len(self.migrations))

    def stamp_at(self, position: int) -> str:
        """The comment of a schema after `position` migrations with today's grants."""
        chain = self.migrations[position - 1].chain if position else "empty"
        return f"{STAMP_PREFIX}{chain}:{self.grants_digest}"

    def position_of(self, stamp: str | None) -> int:
        """How many migrations a schema with this comment has; ProvisioningFailed if the comment is not of this line."""
        chain = (stamp or "").removeprefix(STAMP_PREFIX).split(":")[0]
        if chain in ("", "empty"):
            return 0
        for position, migration in enumerate(self.migrations, start=1):
            if migration.chain == chain:
                return position
        raise ProvisioningFailed(detail={"reason": f"stamp {stamp!r} is not in the recording"})


@dataclass(frozen=True, slots=True)
class Lag:
    """A schema that stands behind the recording."""

    schema: str
    role: str
    stamp: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one lagging schema; `error` is empty when it is up to date now."""

    schema: str
    error: str


@contextmanager
def migration_lock(*, shared: bool = False) -> Iterator[None]:
    """One migration run at a time; making a hospital waits for it, making two hospitals does not."""
    suffix = "_shared" if shared else ""
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock{suffix}(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute(f"SELECT pg_advisory_unlock{suffix}(%s)", [MIGRATION_LOCK])


def migrate_public(report: Report) -> None:
    """Migrate the public schema and give the region's roles what the models declare."""
    executor = MigrationExecutor(connections["owner"], _progress(report, "public"))
    executor.migrate(_targets(executor, hospital=False))
    _grant_public()


def migrate_template(report: Report) -> None:
    """Run pending migrations of hospital apps on the template schema and record what they executed."""
    with transaction.atomic(using="owner"), _standing_in_template() as connection:
        recorder = _Recorder(connection, report)
        executor = MigrationExecutor(connection, recorder.progress)
        recorder.check_sources(executor)
        executor.migrate(_targets(executor, hospital=True))


def read_recording() -> Recording:
    """The recording as it stands, with the tables it makes."""
    rows = RecordedMigration.objects.using("owner").order_by("id")
    return Recording(
        migrations=tuple(Recorded(f"{row.app}.{row.name}", tuple(row.statements), row.chain) for row in rows),
        tables=tuple(existing_tables(TEMPLATE_SCHEMA)),
        grants_digest=_digest(grants.fingerprint()),
    )


def lagging(recording: Recording, schemas: dict[str, str], *, owner: str = OWNER) -> list[Lag]:
    """Of `schemas` (schema -> role) in one database, those whose stamp is not today's: one query for all."""
    with connections[owner].cursor() as cursor:
        cursor.execute(
            "SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace"
            " WHERE nspname = ANY(%s) AND obj_description(oid, 'pg_namespace') IS DISTINCT FROM %s ORDER BY nspname",
            [list(schemas), recording.stamp],
        )
        return [Lag(schema, schemas[schema], stamp) for schema, stamp in cursor.fetchall()]


def catch_up(
    recording: Recording, lags: Sequence[Lag], report: Report, *, workers: int = 4, owner: str = OWNER
) -> list[Outcome]:
    """Replay what each lagging schema misses, several at a time; a failure is listed and does not stop the others."""
    if not lags:
        return []
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(max_workers=min(workers, len(lags))) as pool:
        for number, outcome in enumerate(pool.map(lambda lag: _catch_up_one(recording, lag, owner), lags), start=1):
            outcomes.append(outcome)
            report(f"[{number}/{len(lags)}] {outcome.schema}: {outcome.error or 'up to date'}")
    return outcomes


def replay(connection: psycopg.Connection[Any], recording: Recording, lag: Lag) -> None:
    """Bring one schema up to date inside the caller's transaction, ending with its stamp."""
    missing = recording.migrations[recording.position_of(lag.stamp) :]
    connection.execute(
        "SELECT set_config('search_path', %s, true), set_config('lock_timeout', %s, true)",
        (f"{lag.schema}, {EXTENSION_SCHEMA}", LOCK_TIMEOUT),
    )
    for migration in missing:
        for statement in migration.statements:
            connection.execute(statement.encode())
    for granting in grants.statements(lag.schema, lag.role, grants.hospital_grants(), recording.tables):
        connection.execute(granting)
    connection.execute(
        sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(lag.schema), sql.Literal(recording.stamp))
    )


@contextmanager
def owner_connection(owner: str = OWNER) -> Iterator[psycopg.Connection[Any]]:
    """A plain psycopg connection of the owner login, in autocommit mode, closed at the end."""
    parameters = cast(DatabaseWrapper, connections[owner]).get_connection_params()
    with psycopg.connect(**parameters, autocommit=True) as connection:
        yield connection


def existing_tables(schema: str) -> list[str]:
    """The tables of a schema."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
        return [name for (name,) in cursor.fetchall()]


def _grant_public() -> None:
    """Apply the region's grants, unless the stamp of `public` says that they stand."""
    tables, wanted = existing_tables("public"), grants.region_grants()
    stamp = f"{STAMP_PREFIX}{_digest(repr([tables, sorted(wanted.items())]))}"
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT obj_description('public'::regnamespace, 'pg_namespace')")
        if cursor.fetchone() == (stamp,):
            return
        for role, by_table in wanted.items():
            for statement in grants.statements("public", role, by_table, tables):
                cursor.execute(statement)
        cursor.execute(sql.SQL("COMMENT ON SCHEMA public IS {}").format(sql.Literal(stamp)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _catch_up_one(recording: Recording, lag: Lag, owner: str) -> Outcome:
    try:
        with owner_connection(owner) as connection, connection.transaction():
            replay(connection, recording, lag)
    except (psycopg.Error, ProvisioningFailed) as problem:
        reason = problem.detail if isinstance(problem, ProvisioningFailed) else str(problem).strip()
        return Outcome(lag.schema, f"{type(problem).__name__}: {reason}")
    return Outcome(lag.schema, "")


@contextmanager
def _standing_in_template() -> Iterator[DatabaseWrapper]:
    """The owner's connection with the template schema as its only path, for the transaction that is open."""
    connection = cast(DatabaseWrapper, connections["owner"])
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(TEMPLATE_SCHEMA)))
        cursor.execute("SELECT set_config('search_path', %s, true)", [f"{TEMPLATE_SCHEMA}, {EXTENSION_SCHEMA}"])
    connection.schema_name = TEMPLATE_SCHEMA
    try:
        yield connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('search_path', %s, true)", [f"public, {EXTENSION_SCHEMA}"])
    finally:
        connection.schema_name = "public"


class _Recorder:
    """Notes the statements of each migration while Django's executor applies it, and stores them beside it."""

    def __init__(self, connection: DatabaseWrapper, report: Report) -> None:
        self.connection = connection
        self.report = report

    def progress(self, action: str, migration: Any = None, *_fake: Any) -> None:
        """The executor's callback."""
        if action == "apply_start":
            self.connection.statement_log = []
            self.report(f"{TEMPLATE_SCHEMA}: {migration.app_label}.{migration.name}")
        elif action == "apply_success":
            statements, self.connection.statement_log = self.connection.statement_log, None
            self._store(migration, statements or [])

    def check_sources(self, executor: MigrationExecutor) -> None:
        """Refuse to go on when a migration was edited after it had been recorded."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('public.tenancy_recordedmigration')")
            cursor.execute("SELECT app, name, source_digest FROM public.tenancy_recordedmigration")
            for app, name, digest in cursor.fetchall():
                migration = executor.loader.disk_migrations.get((app, name))
                if migration is None or source_digest(migration) != digest:
                    raise ProvisioningFailed(
                        f"{app}.{name} was changed after hospitals had received it; add a new migration"
                        " (while building: `make reset`)"
                    )

    def _store(self, migration: Migration, statements: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT chain FROM public.tenancy_recordedmigration ORDER BY id DESC LIMIT 1")
            previous = (cursor.fetchone() or ("",))[0]
            body = json.dumps([previous, migration.app_label, migration.name, statements])
            cursor.execute(
                "INSERT INTO public.tenancy_recordedmigration"
                " (app, name, source_digest, statements, chain, recorded_at) VALUES (%s, %s, %s, %s, %s, now())",
                [
                    migration.app_label,
                    migration.name,
                    source_digest(migration),
                    json.dumps(statements),
                    hashlib.sha256(body.encode()).hexdigest(),
                ],
            )


def source_digest(migration: Migration) -> str:
    """The hash of a migration's file."""
    return hashlib.sha256(inspect.getsource(inspect.getmodule(type(migration))).encode()).hexdigest()  # type: ignore[arg-type]


def _targets(executor: MigrationExecutor, *, hospital: bool) -> list[tuple[str, str]]:
    labels = hospital_labels()
    installed = {config.label for config in apps.get_app_configs()}
    return [
        node for node in executor.loader.graph.leaf_nodes() if node[0] in installed and (node[0] in labels) == hospital
    ]


def _progress(report: Report, schema: str) -> Callable[..., None]:
    def progress(action: str, migration: Any = None, *_fake: Any) -> None:
        if action == "apply_start":
            report(f"{schema}: {migration.app_label}.{migration.name}")

    return progress
