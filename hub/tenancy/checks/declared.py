"""What models and migrations declare: system checks, run by every command and by `manage.py check`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlparse
from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections
from django.db.migrations import CreateModel, Migration, RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import Model

from hub.tenancy.backend.base import MAX_NAME_LENGTH, OWNER
from hub.tenancy.errors import UnsafeLogin
from hub.tenancy.router import hospital_labels
from hub.tenancy.rows import COLUMN, policy

Configs = Sequence[AppConfig] | None


@register("tenancy")
def check_models(app_configs: Configs, **_kwargs: Any) -> list[CheckMessage]:
    """Foreign keys stay in their app, ids are big, names fit, rows of hospitals are declared as such."""
    problems: list[CheckMessage] = []
    for model in _own_models(app_configs):
        problems += _check_names(model)
        problems += _check_fields(model)
    return problems


@register(Tags.database)
def check_logins(app_configs: Configs, databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """With `check --database default --database hospital`: neither login may be above PostgreSQL's isolation."""
    del app_configs
    problems: list[CheckMessage] = []
    for alias in sorted(alias for alias in databases or () if not alias.startswith(OWNER)):
        try:
            connections[alias].ensure_connection()
        except (UnsafeLogin, DatabaseError) as problem:
            problems.append(Error(f"{alias}: {problem}", id="tenancy.E020"))
    return problems


@register("tenancy")
def check_table_names(app_configs: Configs, **_kwargs: Any) -> list[CheckMessage]:
    """No table of a hospital's schema may exist in public: then a lost scope fails instead of writing there."""
    del app_configs
    labels = hospital_labels()
    public = {model._meta.db_table for model in apps.get_models(True) if model._meta.app_label not in labels}
    return [
        Error(f"the table {model._meta.db_table} exists in public too", obj=model, id="tenancy.E005")
        for model in apps.get_models(True)
        if model._meta.app_label in labels and model._meta.db_table in public
    ]


@register("tenancy")
def check_migrations(app_configs: Configs, **_kwargs: Any) -> list[CheckMessage]:
    """Hospital apps: no RunPython and nothing outside a transaction; everywhere: one statement for each RunSQL item."""
    del app_configs
    problems: list[CheckMessage] = []
    labels = hospital_labels()
    statements: set[str] = set()
    tables: set[tuple[str, str]] = set()
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    own = {config.label for config in apps.get_app_configs() if _is_ours(config.name)}
    for (label, _), migration in sorted(loader.disk_migrations.items()):
        if label not in own:
            continue
        title = f"{label}.{migration.name}"
        if label in labels:
            problems += _check_replayable(title, migration)
        for operation in _flat(migration.operations):
            if isinstance(operation, RunSQL):
                problems += _check_single_statements(title, operation)
                statements.update(_texts(operation.sql))
            elif isinstance(operation, CreateModel):
                tables.add((label, operation.name_lower))
    return [*problems, *_check_policies(tables, statements)]


def _check_policies(tables: set[tuple[str, str]], statements: set[str]) -> Iterator[CheckMessage]:
    """Every public table with rows of hospitals that a migration creates also gets its policies from a migration."""
    labels = hospital_labels()
    for model in _own_models(None):
        meta = model._meta
        if meta.app_label in labels or all(field.attname != COLUMN for field in meta.local_concrete_fields):
            continue
        if (meta.app_label, meta.model_name) not in tables:
            continue  # its migration is still to be written, by a command that runs this check first
        policies = {text for operation in policy(meta.db_table) for text in _texts(operation.sql) if "POLICY" in text}
        if not policies <= statements:
            yield Error(f"has {COLUMN}, but no migration has *policy({meta.db_table!r})", obj=model, id="tenancy.E006")


def _check_replayable(title: str, migration: Migration) -> Iterator[CheckMessage]:
    if not migration.atomic:
        yield Error(f"{title} is not atomic: it can't be replayed in one transaction", id="tenancy.E010")
    for operation in _flat(migration.operations):
        if isinstance(operation, RunPython):
            yield Error(
                f"{title} uses RunPython, which a replay can't record; backfill by a resumable job", id="tenancy.E011"
            )


def _check_single_statements(title: str, operation: RunSQL) -> Iterator[CheckMessage]:
    for direction in (operation.sql, operation.reverse_sql):
        for text in _texts(direction):
            if len([part for part in sqlparse.split(text) if part.strip(" ;\n")]) > 1:
                yield Error(f"{title}: several statements in one RunSQL item: {text[:60]!r}", id="tenancy.E012")


def _texts(statements: Any) -> list[str]:
    """The texts of a RunSQL, which takes one string or a list of strings and pairs of string and parameters."""
    items = [statements] if isinstance(statements, str) else list(statements or [])
    return [item if isinstance(item, str) else item[0] for item in items]


def _check_names(model: type[Model]) -> Iterator[CheckMessage]:
    meta = model._meta
    names = [meta.db_table, *(index.name for index in meta.indexes), *(rule.name for rule in meta.constraints)]
    for name in names:
        if len(name) > MAX_NAME_LENGTH:
            yield Error(f"{name} is longer than {MAX_NAME_LENGTH} characters", obj=model, id="tenancy.E001")
    if meta.unique_together:
        yield Error("unique_together has no name of its own; use a UniqueConstraint", obj=model, id="tenancy.E002")


def _check_fields(model: type[Model]) -> Iterator[CheckMessage]:
    meta = model._meta
    for field in meta.local_concrete_fields:
        target = field.related_model
        if isinstance(target, type) and target._meta.app_label != meta.app_label:
            yield Error(
                f"{field.name} refers to another app ({target._meta.label}); keep its id", id="tenancy.E003", obj=model
            )
        if field.get_internal_type() in ("AutoField", "SmallAutoField"):
            yield Error(f"{field.name} must be bigint or a UUID", obj=model, id="tenancy.E004")


def _flat(operations: Iterable[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _own_models(app_configs: Configs) -> Iterator[type[Model]]:
    for config in app_configs or apps.get_app_configs():
        if _is_ours(config.name):
            yield from (model for model in config.get_models() if model._meta.managed)


def _is_ours(app: str) -> bool:
    return app.split(".")[0] in {"hub", "institution_connectors", "tenants", "regional_services", "portal"}
