"""Making, bringing up to date and (for tests and after leaving) removing a hospital's place in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from django.db import transaction
from psycopg import errors, sql

from hub.tenancy import registry, roles, schemas
from hub.tenancy.errors import ProvisioningFailed, UnknownHospital
from hub.tenancy.models import Domain, Tenant, TenantState, default_limits
from hub.tenancy.names import check_code, hospital_login, role_name, schema_name


def _silent(_line: str) -> None:
    """Progress nobody reads."""


def migrate_hub(report: schemas.Report = _silent, *, workers: int = 4) -> list[schemas.Outcome]:
    """Migrate public, the template and every hospital; the outcomes of the hospitals that lagged, failures included."""
    with schemas.migration_lock():
        with schemas.owner_connection() as connection:
            roles.prepare_database(connection)
        schemas.migrate_public(report)
        schemas.migrate_template(report)
        recording = schemas.read_recording()
        outcomes: list[schemas.Outcome] = []
        for database, known in _schemas_of_hospitals().items():
            owner = schemas.owner_of(database)
            lags = schemas.lagging(recording, known, owner=owner)
            outcomes += schemas.catch_up(recording, lags, report, workers=workers, owner=owner)
        return outcomes


def create_hospital(
    code: str,
    *,
    hosts: Iterable[str] = (),
    state: str = TenantState.LIVE,
    limits: Mapping[str, Any] | None = None,
) -> None:
    """Make a hospital: role, schema by replay of the whole recording, grants, then its row and hosts.

    Safe to run again after an interruption: what is there already is completed, its state and limits are kept.
    """
    check_code(code)
    with schemas.migration_lock(shared=True):
        recording = schemas.read_recording()
        with schemas.owner_connection() as connection:
            _ensure_schema(connection, code, recording)
    with transaction.atomic(using="owner"):
        tenant, _ = Tenant.objects.using("owner").get_or_create(
            code=code,
            defaults={
                "schema_name": schema_name(code),
                "state": state,
                "limits": {**default_limits(), **(limits or {})},
            },
        )
        _add_hosts(tenant, list(hosts))
    registry.invalidate()


def drop_schema(code: str) -> None:
    """Remove the schema and role of a hospital that has left; its row stays, so that the code is never given again."""
    tenant = Tenant.objects.using("owner").get(code=code, state=TenantState.LEFT)
    with schemas.owner_connection(schemas.owner_of(tenant.database)) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(tenant.schema_name)))
        _drop_role(connection, code)


def drop_hospital(code: str) -> None:
    """Remove a hospital with all its data. The role stays if another database of the cluster still uses it."""
    tenant = Tenant.objects.using("owner").filter(code=code).first()
    if tenant is None:
        raise UnknownHospital(detail={"hospital": code})
    with schemas.owner_connection(schemas.owner_of(tenant.database)) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(tenant.schema_name)))
        Domain.objects.using("owner").filter(tenant=tenant).delete()
        Tenant.objects.using("owner").filter(pk=tenant.pk).delete()
        registry.invalidate()
        _drop_role(connection, code)


def _drop_role(connection: psycopg.Connection[Any], code: str) -> None:
    """The role stays while another database of the cluster still uses it."""
    try:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role_name(code))))
    except errors.DependentObjectsStillExist:
        return


def _add_hosts(tenant: Tenant, hosts: Sequence[str]) -> None:
    taken = dict(Domain.objects.using("owner").filter(domain__in=hosts).values_list("domain", "tenant__code"))
    for host, code in taken.items():
        if code != tenant.code:
            raise ProvisioningFailed(detail={"host": host, "reason": f"belongs to {code}"})
    Domain.objects.using("owner").bulk_create(
        [Domain(tenant=tenant, domain=host, is_primary=False) for host in hosts if host not in taken]
    )


def prepare_role(connection: psycopg.Connection[Any], code: str) -> None:
    """A hospital's role on the cluster of `connection`, which the hospitals' login may take."""
    roles.ensure_role(connection, role_name(code))
    roles.grant_membership(connection, role=role_name(code), to=hospital_login())


def _ensure_schema(connection: psycopg.Connection[Any], code: str, recording: schemas.Recording) -> None:
    role, schema = role_name(code), schema_name(code)
    prepare_role(connection, code)
    try:
        with connection.transaction():
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            row = connection.execute(
                "SELECT obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = %s", (schema,)
            ).fetchone()
            schemas.replay(connection, recording, schemas.Lag(schema, role, row[0] if row else None))
    except psycopg.Error as problem:
        raise ProvisioningFailed(detail={"schema": schema, "reason": str(problem).strip()}) from problem


def _schemas_of_hospitals() -> dict[str, dict[str, str]]:
    """Database -> schema -> role."""
    rows = Tenant.objects.using("owner").exclude(state=TenantState.LEFT)
    found: dict[str, dict[str, str]] = {}
    for code, schema, database in rows.values_list("code", "schema_name", "database"):
        found.setdefault(database, {})[schema] = role_name(code)
    return found
