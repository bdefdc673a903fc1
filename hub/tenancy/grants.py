"""What a role may do with a table, declared on the model and compared with the catalogue (kernel decision 9).

A model says `grant = Grant.APPEND`; the default is RW. Models of region apps may also say `staff_grant`: what the role
of a hospital's own staff may do with it, under row-level security where the table has an `institution_code`. Without a
declaration that is the model's `grant` for tables with `institution_code` and nothing for all others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum

from django.apps import apps
from django.conf import settings
from django.db.models import Model
from psycopg import sql

from hub.tenancy.names import region_role, region_staff_role
from hub.tenancy.router import hospital_labels


class Grant(Enum):
    """Privileges on a table.

    APPEND tables are history: no role of the running hub can change or remove a row. With ADD it can't even read them.
    """

    NONE = frozenset[str]()  # not an empty tuple, for which Python up to 3.11.2 stores another value
    RO = frozenset({"SELECT"})
    ADD = frozenset({"INSERT"})
    APPEND = frozenset({"SELECT", "INSERT"})
    RW = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


Wanted = Mapping[str, Grant]


def hospital_grants() -> dict[str, Grant]:
    """Table -> what the hospital's role may do, for every table of a hospital's schema."""
    return {model._meta.db_table: _declared(model) for model in _models(hospital=True)}


def region_grants() -> dict[str, dict[str, Grant]]:
    """Role -> table -> what it may do, for every public table."""
    models = list(_models(hospital=False))
    return {
        region_role(): {model._meta.db_table: _declared(model) for model in models},
        region_staff_role(): {model._meta.db_table: _declared_for_staff(model) for model in models},
    }


def statements(schema: str, role: str, wanted: Wanted, existing: Iterable[str]) -> list[sql.Composed]:
    """What gives `role` exactly the wanted privileges on the existing tables of `schema`."""
    schema_sql, role_sql = sql.Identifier(schema), sql.Identifier(role)
    present = set(existing)
    by_grant: defaultdict[Grant, list[str]] = defaultdict(list)
    for table, grant in sorted(wanted.items()):
        if table in present and grant is not Grant.NONE:
            by_grant[grant].append(table)
    result = [
        sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema_sql, role_sql),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(schema_sql, role_sql),
    ]
    for grant, tables in by_grant.items():
        result.append(
            sql.SQL("GRANT {} ON {} TO {}").format(
                sql.SQL(", ".join(sorted(grant.value))),
                sql.SQL(", ").join(sql.Identifier(schema, table) for table in tables),
                role_sql,
            )
        )
    return result


def _models(*, hospital: bool) -> Iterable[type[Model]]:
    labels = hospital_labels()
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.managed and not meta.proxy and (meta.app_label in labels) == hospital:
            yield model


def _declared(model: type[Model]) -> Grant:
    grant = getattr(model, "grant", Grant.RW)
    if not isinstance(grant, Grant):
        raise TypeError(f"{model._meta.label}.grant must be a Grant, not {grant!r}")
    return grant


def _declared_for_staff(model: type[Model]) -> Grant:
    has_rows_of_hospitals = any(field.attname == "institution_code" for field in model._meta.local_concrete_fields)
    fallback = _declared(model) if has_rows_of_hospitals else Grant.NONE
    grant = getattr(model, "staff_grant", fallback)
    if not isinstance(grant, Grant):
        raise TypeError(f"{model._meta.label}.staff_grant must be a Grant, not {grant!r}")
    return grant


def fingerprint() -> str:
    """Changes when a declaration changes; part of every hospital schema's stamp."""
    return "|".join(f"{table}:{grant.name}" for table, grant in sorted(hospital_grants().items())) + (
        f"|{settings.HUB_ROLE_PREFIX}"
    )
