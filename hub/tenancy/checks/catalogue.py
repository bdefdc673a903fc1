"""What really stands in the database, compared with what the code declares and what Citus accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from django.db import connections

from hub.tenancy import grants
from hub.tenancy.backend.base import MAX_NAME_LENGTH
from hub.tenancy.models import RecordedMigration, Tenant, TenantState
from hub.tenancy.names import TEMPLATE_SCHEMA, hospital_login, region_role, region_staff_role, role_name
from hub.tenancy.rows import COLUMN

_PRIVILEGES = """
SELECT n.nspname, c.relname, grantee.rolname, array_agg(a.privilege_type)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL aclexplode(c.relacl) a
  JOIN pg_catalog.pg_roles grantee ON grantee.oid = a.grantee
 WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY(%s) AND a.grantee <> c.relowner
 GROUP BY 1, 2, 3
"""
_TABLES = "SELECT schemaname, tablename FROM pg_catalog.pg_tables WHERE schemaname = ANY(%s)"
_OPEN_SCHEMAS = """
SELECT n.nspname, COALESCE(r.rolname, 'PUBLIC'), a.privilege_type
  FROM pg_catalog.pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
 WHERE n.nspname = ANY(%s) AND a.grantee <> n.nspowner
"""
_LOGINS = (
    "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = ANY(%s)"
)
_UNPROTECTED = """
SELECT c.relname, c.relrowsecurity, array(SELECT p.polname::text FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = %s AND NOT a.attisdropped
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
"""
POLICIES = {"region_all", "staff_own"}

# Each query lists offenders in the template schema: `what, which`.
_CITUS_CATALOGUE = {
    "a trigger": """
        SELECT t.tgname FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
         WHERE NOT t.tgisinternal AND c.relnamespace = %(schema)s::regnamespace""",
    "a foreign key to another schema": """
        SELECT k.conname FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
         WHERE k.contype = 'f' AND k.connamespace = %(schema)s::regnamespace AND f.relnamespace <> k.connamespace""",
    "a constraint checked only at COMMIT": """
        SELECT conname FROM pg_catalog.pg_constraint
         WHERE condeferred AND connamespace = %(schema)s::regnamespace""",
    "an identity column that is not bigint": """
        SELECT c.relname || '.' || a.attname
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
         WHERE a.attidentity <> '' AND a.atttypid <> 'bigint'::regtype AND c.relnamespace = %(schema)s::regnamespace""",
    "a serial column": """
        SELECT c.relname FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_class c ON c.oid = d.adrelid
         WHERE pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%' AND c.relnamespace = %(schema)s::regnamespace""",
    "an inherited table": """
        SELECT c.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
         WHERE c.relkind = 'r' AND c.relnamespace = %(schema)s::regnamespace""",
    "a table without a primary key": """
        SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relkind = 'r' AND c.relnamespace = %(schema)s::regnamespace
           AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)""",
    "a name too long for Citus": """
        SELECT name FROM (
            SELECT relname::text AS name FROM pg_catalog.pg_class WHERE relnamespace = %(schema)s::regnamespace
            UNION SELECT conname::text FROM pg_catalog.pg_constraint
             WHERE connamespace = %(schema)s::regnamespace AND contype <> 'n'
        ) names WHERE length(name) > %(length)s""",
    "a table that public has too": """
        SELECT h.tablename FROM pg_catalog.pg_tables h JOIN pg_catalog.pg_tables p USING (tablename)
         WHERE h.schemaname = %(schema)s AND p.schemaname = 'public' AND h.tablename <> 'django_migrations'""",
}
_CITUS_STATEMENTS = {
    "renames a constraint": re.compile(r"\bRENAME\s+CONSTRAINT\b", re.I),
    "sets statistics or storage": re.compile(r"\bALTER\s+COLUMN\b.*\bSET\s+(STATISTICS|STORAGE)\b", re.I | re.S),
    "adds or drops an identity": re.compile(
        r"\b(ADD\s+GENERATED|DROP\s+IDENTITY)\b|\bADD\s+COLUMN\b.*\bAS\s+IDENTITY\b", re.I | re.S
    ),
    "makes a trigger": re.compile(r"\bCREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\b", re.I),
    "names a schema": re.compile(r"\b(public|hub_template)\s*\.", re.I),
    "works outside a transaction": re.compile(r"\bCONCURRENTLY\b", re.I),
}


def verify_grants() -> list[str]:
    """Where privileges differ from what the models declare; empty when all is as it should be."""
    return [*_logins(), *_schemas_open_to_others(), *_table_privileges(), *unprotected_tables()]


def unprotected_tables() -> list[str]:
    """Public tables with rows of hospitals that lack row-level security or one of its two policies."""
    problems = []
    for table, enabled, policies in _rows(_UNPROTECTED, [COLUMN]):
        if not enabled or not set(policies) >= POLICIES:
            problems.append(
                f"public.{table} has {COLUMN} but no row-level security; add *policy({table!r}) to its migration"
            )
    return problems


def check_citus() -> list[str]:
    """Where the template schema or its recording breaks a rule of Citus' schema-based sharding."""
    problems = [
        f"{TEMPLATE_SCHEMA}: {what}: {name}"
        for what, query in _CITUS_CATALOGUE.items()
        for (name,) in _rows(query, {"schema": TEMPLATE_SCHEMA, "length": MAX_NAME_LENGTH})
    ]
    for migration in RecordedMigration.objects.using("owner").order_by("id"):
        for statement in migration.statements:
            problems += [
                f"{migration.app}.{migration.name} {what}: {statement[:80]}"
                for what, pattern in _CITUS_STATEMENTS.items()
                if pattern.search(statement)
            ]
    return problems


def _table_privileges() -> Iterator[str]:
    wanted = _wanted()
    found: dict[tuple[str, str, str], set[str]] = {
        (schema, table, role): set(privileges)
        for schema, table, role, privileges in _rows(_PRIVILEGES, [sorted({schema for schema, _, _ in wanted})])
    }
    for key in sorted(wanted.keys() | found.keys()):
        should, has = wanted.get(key, set()), found.get(key, set())
        if should != has:
            schema, table, role = key
            yield f"{schema}.{table}: {role} has {sorted(has)}, should have {sorted(should)}"


def _wanted() -> dict[tuple[str, str, str], set[str]]:
    result: dict[tuple[str, str, str], set[str]] = {}
    for role, tables in grants.region_grants().items():
        result |= {("public", table, role): set(grant.value) for table, grant in tables.items()}
    hospital_tables = grants.hospital_grants()
    for code, schema in _hospitals():
        result |= {(schema, table, role_name(code)): set(grant.value) for table, grant in hospital_tables.items()}
    return result


def _schemas_open_to_others() -> Iterator[str]:
    allowed = {("public", region_role(), "USAGE"), ("public", region_staff_role(), "USAGE")}
    allowed |= {(schema, role_name(code), "USAGE") for code, schema in _hospitals()}
    present = set(_rows(_OPEN_SCHEMAS, [["public", TEMPLATE_SCHEMA, *(schema for _, schema in _hospitals())]]))
    for schema, role, privilege in sorted(present - allowed):
        if role != "pg_database_owner":
            yield f"schema {schema}: {role} has {privilege}, should not"
    for schema, role, privilege in sorted(allowed - present):
        yield f"schema {schema}: {role} lacks {privilege}"


def _logins() -> Iterator[str]:
    rows = _rows(_LOGINS, [[region_role(), hospital_login()]])
    for name, superuser, bypass, inherits, creates in rows:
        if superuser or bypass or creates:
            yield f"login {name} is superuser, BYPASSRLS or CREATEROLE"
        if name == hospital_login() and inherits:
            yield f"login {name} inherits its hospitals' privileges; make it NOINHERIT"
    if len(rows) < 2:
        yield "a login of the hub is missing"


def _hospitals() -> list[tuple[str, str]]:
    rows = Tenant.objects.using("owner").exclude(state=TenantState.LEFT).order_by("code")
    return list(rows.values_list("code", "schema_name"))


def _rows(query: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(query, parameters)
        return cast(list[tuple[Any, ...]], cursor.fetchall())
