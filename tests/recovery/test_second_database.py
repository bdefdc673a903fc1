"""A hospital that lives in another database than the district's is put aside, brought back and cleaned up there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from hub import clock
from hub.outbox import housekeeping
from hub.outbox.relay import drain
from hub.recovery import cleanups, cluster, clusters, hospitals, selectors, vault
from hub.recovery.commands import operator
from hub.recovery.errors import BackupFailed
from hub.recovery.models import BackupKind
from hub.tenancy import registry
from hub.tenancy.schemas import owner_connection
from regional_services.booking.models import Booking, Cause, ResyncState
from regional_services.booking.resync import reading, running
from regional_services.booking.verify import verify_hospital
from tests.booking import world
from tests.harness.second import alone, second
from tests.journal.probes import Knock, publish, states

__all__ = ["alone", "second"]

WHO = operator("运维 王工")


def silent(_line: str) -> None:
    """Progress nobody reads."""


def appointments(owner: str, schema: str = "h_alpha") -> int | None:
    """How many stand in a schema of an owner's database; None where there is no such schema."""
    with owner_connection(owner) as connection:
        if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]).fetchone():
            return None
        row = connection.execute(f"SELECT count(*) FROM {schema}.appointment".encode()).fetchone()
    assert row is not None
    return int(row[0])


def in_step(code: str) -> None:
    run_id = running.start(code, cause=Cause.HUB, since=clock.now(), actor=WHO)
    assert running.carry_on(run_id) is ResyncState.DONE
    assert reading.run(run_id).left == 0
    assert verify_hospital(code, quiet=timedelta(0)) == []


@pytest.mark.requirement("JA-SEC-05")
def test_a_moved_hospital_comes_back_where_it_lives(alpha: str, second: str, alone: None) -> None:
    session = world.open_for_booking(alpha, 6, fee_fen=0)
    world.book(alpha, session, world.resident())
    drain(outside=False)
    call_command("move_hospital", alpha, "--to", second, "--go", verbosity=0)
    world.book(alpha, session, world.resident())
    backup = hospitals.backup_hospital(alpha, actor=WHO)
    assert vault.note(backup).facts["database"] == second
    world.book(alpha, session, world.resident())

    drill = hospitals.restore_hospital(alpha, backup, actor=WHO, report=silent)
    assert selectors.drill(drill).ok
    info = registry.tenant(alpha)
    assert (info.database, info.incarnation, info.repair) == (second, 3, "resync")
    assert (appointments("owner_b"), appointments("owner_b", "old_h_alpha")) == (2, 3)
    assert appointments("owner") == 1, "the copy it left behind is nobody's business"
    in_step(alpha)
    assert appointments("owner_b") == Booking.objects.count() == 3
    assert hospitals.drop_old(alpha, actor=WHO)
    assert appointments("owner_b", "old_h_alpha") is None

    with owner_connection("owner_b") as lost:
        lost.execute("DROP SCHEMA h_alpha CASCADE")
        lost.execute("DROP SCHEMA ext CASCADE")
    hospitals.restore_hospital(alpha, backup, actor=WHO, report=silent)
    in_step(alpha)
    assert appointments("owner_b") == 3, "also into a new and empty database"


@pytest.mark.requirement("JA-SEC-06", "JA-SEC-07")
def test_its_clean_up_puts_aside_and_back_what_lies_there(alpha: str, second: str, alone: None) -> None:
    call_command("move_hospital", alpha, "--to", second, "--go", verbosity=0)
    publish(alpha, *(Knock(number=n) for n in range(3)))
    drain()
    with clock.shifted(timedelta(days=15)):
        assert housekeeping.purge(alpha) == 3
        assert states(alpha) == {}
        [made] = selectors.cleanups(limit=5)
        assert cleanups.restore(made.id, actor=WHO) == 3
    assert states(alpha) == {"done": 3}


def test_a_server_nobody_can_copy_is_red(
    alpha: str, second: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the district's own server it is part of its base backup; on one of its own it needs a login of its own."""
    settings.HUB_BACKUP_DATABASE_URLS = {**settings.HUB_BACKUP_DATABASE_URLS, "b": ""}
    assert clusters.uncovered() == []
    assert [one.alias for one in clusters.databases(clusters.HOME)] == ["hospital", second]
    assert [one.scope for one in selectors.health()] == ["region", "region"]

    real = clusters._server
    monkeypatch.setattr(clusters, "_server", lambda one: real(one) + bool(one.name))
    assert [one.alias for one in clusters.databases(clusters.HOME)] == ["hospital"]
    monkeypatch.setattr(clusters, "copied", list)
    with pytest.raises(BackupFailed, match="HUB_BACKUP_DATABASE_URL_B"):
        cluster.backup_all(actor=WHO)
    [red] = [one for one in selectors.health() if one.scope == "db-b"]
    assert red.is_red
    assert red.kind is BackupKind.CLUSTER
    assert "HUB_BACKUP_DATABASE_URL_B" in red.failed_since
