"""Migration of many schemas: recorded once, replayed where it lacks, failures listed and resumed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from hub.tenancy import registry, schemas
from hub.tenancy.errors import ProvisioningFailed, UnknownHospital
from hub.tenancy.models import RecordedMigration, Tenant
from hub.tenancy.names import TEMPLATE_SCHEMA
from hub.tenancy.provision import create_hospital, drop_hospital, migrate_hub
from hub.tenancy.scope import hospital
from tests.tenancy.support import add_department, as_owner, departments

NEXT_MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("directory", "{previous}")]
    operations = [
        migrations.AddField("department", "first_extra", models.CharField(max_length=8, default="")),
        migrations.AddField("department", "second_extra", models.BigIntegerField(null=True)),
    ]
"""
SHAPE = """
SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
  FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name <> 'django_migrations'
UNION ALL SELECT c.relname || ' ' || k.conname || ' ' || replace(pg_get_constraintdef(k.oid), '{schema}.', '')
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE k.connamespace = '{schema}'::regnamespace AND c.relname <> 'django_migrations'
UNION ALL SELECT tablename || ' ' || replace(indexdef, '{schema}.', '')
  FROM pg_indexes WHERE schemaname = '{schema}' AND tablename <> 'django_migrations'
ORDER BY 1
"""


@pytest.fixture
def next_migration(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Calling it adds a migration of two columns to `tenants.directory`."""

    def add() -> None:
        current = Path(__file__).parents[2] / "tenants" / "directory" / "migrations"
        package = tmp_path / "directory_with_next"
        package.mkdir()
        names = sorted(path.stem for path in current.glob("0*.py"))
        for name in ["__init__", *names]:
            (package / f"{name}.py").write_text((current / f"{name}.py").read_text())
        (package / "0999_next.py").write_text(NEXT_MIGRATION.format(previous=names[-1]))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setitem(settings.MIGRATION_MODULES, "directory", "directory_with_next")  # type: ignore[attr-defined]
        for module in [name for name in sys.modules if name.startswith("directory_with_next")]:
            monkeypatch.delitem(sys.modules, module)

    return add


def test_a_hospital_made_by_replay_equals_the_template(alpha: str) -> None:
    """Columns, constraints with their names, indexes; and nothing lags."""
    create_hospital("gamma", hosts=["gamma.example"], limits={"in_flight": 9})
    template = as_owner(SHAPE.format(schema=TEMPLATE_SCHEMA))
    assert len(template) > 100
    assert as_owner(SHAPE.format(schema="h_gamma")) == template
    info = registry.tenant("gamma")
    assert (info.schema, info.state, info.hosts) == ("h_gamma", "live", ("gamma.localhost", "gamma.example"))
    assert info.limits["in_flight"] == 9
    add_department("gamma", "内科")
    with hospital("gamma"):
        assert departments() == ["内科"]


def test_making_a_hospital_again_completes_it(alpha: str) -> None:
    """After an interruption between schema and row, and without touching what is there."""
    add_department(alpha, "内科")
    Tenant.objects.using("owner").filter(code=alpha).delete()
    registry.invalidate()
    create_hospital(alpha)
    with hospital(alpha):
        assert departments() == ["内科"]


def test_hosts_of_others_and_bad_codes_are_refused(alpha: str, beta: str) -> None:
    """One host leads to one hospital; a code must make a host name, a schema and a role."""
    create_hospital(alpha, hosts=["shared.example"])
    with pytest.raises(ProvisioningFailed):
        create_hospital(beta, hosts=["shared.example"])
    for code in ("Alpha", "a", "with_line", "1st", 'x"; DROP', "region", "www"):
        with pytest.raises(ValueError):
            create_hospital(code)


def test_a_dropped_hospital_leaves_nothing(alpha: str, beta: str) -> None:
    """Schema, row, hosts; the others stay."""
    drop_hospital(alpha)
    assert as_owner("SELECT 1 FROM pg_namespace WHERE nspname = 'h_alpha'") == []
    with pytest.raises(UnknownHospital), hospital(alpha):
        pass
    with hospital(beta):
        assert departments() == []


def test_a_migration_reaches_all_lists_the_failing_and_resumes(
    alpha: str, beta: str, next_migration: Callable[[], None]
) -> None:
    """One hospital has a column in the way: it stays whole as it was, the others go on, the next run finishes it."""
    create_hospital("gamma")
    add_department(alpha, "内科")
    as_owner("ALTER TABLE h_beta.directory_department ADD COLUMN second_extra text")
    before = _stamps()
    next_migration()

    outcomes = {outcome.schema: outcome.error for outcome in migrate_hub()}
    assert set(outcomes) == {"h_alpha", "h_beta", "h_gamma"}
    assert "second_extra" in outcomes["h_beta"]
    assert not outcomes["h_alpha"]
    assert not outcomes["h_gamma"]
    assert _extras("h_beta") == ["second_extra"]  # the first statement was undone with the second
    assert _extras("h_alpha") == _extras("h_gamma") == ["first_extra", "second_extra"]
    assert _stamps()["h_beta"] == before["h_beta"] != _stamps()["h_alpha"]

    with pytest.raises(CommandError, match="h_beta"):
        call_command("migrate_hub")
    as_owner("ALTER TABLE h_beta.directory_department DROP COLUMN second_extra")
    assert [(outcome.schema, outcome.error) for outcome in migrate_hub()] == [("h_beta", "")]
    assert _extras("h_beta") == ["first_extra", "second_extra"]
    assert len(set(_stamps().values())) == 1
    assert migrate_hub() == []
    with hospital(alpha):
        assert departments() == ["内科"]


def test_a_new_hospital_has_the_later_migration_too(alpha: str, next_migration: Callable[[], None]) -> None:
    """It replays the whole recording."""
    next_migration()
    migrate_hub()
    create_hospital("gamma")
    assert _extras("h_gamma") == ["first_extra", "second_extra"]


def test_the_recording_has_one_statement_an_item_and_no_schema_in_it(committed: None) -> None:
    """So that it can be replayed anywhere, also through Citus."""
    statements = [text for row in RecordedMigration.objects.using("owner").all() for text in row.statements]
    assert len(statements) > 50
    assert not [text for text in statements if ";" in text.rstrip(";") or TEMPLATE_SCHEMA in text]


def test_an_edited_migration_is_refused(committed: None) -> None:
    """What hospitals have received can't be rewritten."""
    RecordedMigration.objects.using("owner").filter(app="directory").update(source_digest="another")
    with pytest.raises(ProvisioningFailed, match=r"directory\.0001_initial was changed"):
        migrate_hub()


def test_a_changed_grant_makes_schemas_lag(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grants are part of the stamp, so a declaration changed without a migration is applied too."""
    assert migrate_hub() == []
    monkeypatch.setattr("hub.tenancy.grants.fingerprint", lambda: "another")
    assert {outcome.schema for outcome in migrate_hub()} == {"h_alpha", "h_beta"}
    assert migrate_hub() == []


def test_doing_nothing_over_200_hospitals_takes_one_query_and_a_second(alpha: str) -> None:
    """The cost follows the work, not the number of schemas that have none."""
    recording = schemas.read_recording()
    with connections["owner"].cursor() as cursor:
        for number in range(200):
            name = sql.Identifier(f"h_many{number}")
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            cursor.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(name, sql.Literal(recording.stamp)))
    Tenant.objects.using("owner").bulk_create(
        [Tenant(code=f"many{number}", schema_name=f"h_many{number}") for number in range(200)]
    )
    names = {f"h_many{number}": "hub_h_alpha" for number in range(200)}
    with CaptureQueriesContext(connections["owner"]) as queries:
        assert schemas.lagging(recording, names) == []
    assert len(queries) == 1
    began = time.process_time(), time.monotonic()
    with CaptureQueriesContext(connections["owner"]) as queries:
        assert migrate_hub() == []
    assert len(queries) < 40
    # Of a machine shared with others only this process's own second counts; the server's part is the queries above.
    assert time.process_time() - began[0] < 1
    print(f"no-op over 202 hospitals: {time.monotonic() - began[1]:.3f} s, {len(queries)} statements")


def _extras(schema: str) -> list[str]:
    rows = as_owner(
        "SELECT column_name FROM information_schema.columns"
        f" WHERE table_schema = '{schema}' AND column_name IN ('first_extra', 'second_extra') ORDER BY 1"
    )
    return [name for (name,) in rows]


def _stamps() -> dict[str, str]:
    return dict(
        as_owner(
            "SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE starts_with(nspname, 'h_')"
        )
    )
