"""Public tables that hold hospitals' rows: their column and its row-level security (kernel decision 6)."""

from __future__ import annotations

from typing import LiteralString

from django.db import models
from django.db.migrations.operations import RunSQL
from psycopg import sql

from hub.tenancy.names import region_role, region_staff_role

COLUMN = "institution_code"
SETTING = "hub.institution"


class InstitutionRow(models.Model):
    """A public row that belongs to one hospital; its migration ends with `*policy("<table>")`."""

    institution_code = models.CharField(max_length=32)

    class Meta:
        abstract = True


def policy(table: str) -> list[RunSQL]:
    """The operations that put `table` under row-level security: the region sees all, a hospital's staff their own.

    The owner login, used by commands only, is not bound by it.
    """
    name = sql.Identifier(table)
    own = sql.SQL("{} = current_setting({}, true)").format(sql.Identifier(COLUMN), sql.Literal(SETTING))
    anything = sql.SQL("true")
    return [
        RunSQL(
            _text(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name)),
            _text(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(name)),
        ),
        _create_policy(name, "region_all", region_role(), anything),
        _create_policy(name, "staff_own", region_staff_role(), own),
    ]


def shown_to_staff(table: str, rule: LiteralString) -> RunSQL:
    """Besides `policy()`: the staff of every hospital may read (never write) the rows for which `rule` holds."""
    name, role = sql.Identifier(table), sql.Identifier(region_staff_role())
    create = sql.SQL("CREATE POLICY staff_shown ON {} FOR SELECT TO {} USING ({})").format(name, role, sql.SQL(rule))
    return RunSQL(_text(create), _text(sql.SQL("DROP POLICY staff_shown ON {}").format(name)))


def _create_policy(table: sql.Identifier, name: str, role: str, rule: sql.Composable) -> RunSQL:
    policy_name = sql.Identifier(name)
    create = sql.SQL("CREATE POLICY {} ON {} TO {} USING ({}) WITH CHECK ({})")
    return RunSQL(
        _text(create.format(policy_name, table, sql.Identifier(role), rule, rule)),
        _text(sql.SQL("DROP POLICY {} ON {}").format(policy_name, table)),
    )


def _text(statement: sql.Composed) -> str:
    return statement.as_string(None)
