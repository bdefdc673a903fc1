"""A hospital moves to another database while its neighbour works; and back."""

from __future__ import annotations

import os
import threading
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connections

from hub.actor import system_actor
from hub.outbox.relay import drain
from hub.tenancy import moving, registry
from hub.tenancy.errors import HospitalMoving
from hub.tenancy.models import Tenant
from hub.tenancy.provision import migrate_hub
from hub.tenancy.scope import hospital
from hub.work import work
from tenants.directory.models import Department
from tests.booking import world
from tests.harness import databases
from tests.harness.second import alone, second

__all__ = ["alone", "second"]

ACTOR = system_actor("测试")


def write(code: str, name: str) -> None:
    with work(code, actor=ACTOR) as unit:
        Department.objects.filter(code__isnull=False).update(name=name)
        unit.audit("test.wrote", target=f"hospital:{code}")


def names(code: str) -> set[str]:
    with hospital(code, read_only=True):
        return set(Department.objects.values_list("name", flat=True))


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("move_hospital", *arguments, stdout=out)
    return out.getvalue()


def test_a_hospital_moves_its_neighbour_works_and_residents_book_at_it_afterwards(
    alpha: str, beta: str, second: str
) -> None:
    session, who = world.open_for_booking(alpha), world.resident()
    first = world.book(alpha, session, who)
    other = world.open_for_booking(beta)
    drain(outside=False)
    plan = told(alpha, "--to", second)
    assert "a plan only" in plan
    assert registry.tenant(alpha).database == "hospital"
    seen: list[str] = []
    during = threading.Event()

    def neighbour() -> None:
        while not during.is_set():
            write(beta, "邻院")
            try:
                write(alpha, "搬迁中")
            except HospitalMoving:
                seen.append("refused")
            assert names(alpha), "reading goes on"
            during.wait(0.05)
        connections.close_all()

    busy = threading.Thread(target=neighbour)
    busy.start()
    said = told(alpha, "--to", second, "--go")
    during.set()
    busy.join()
    assert "equal" in said
    assert "refused" in seen
    info = registry.tenant(alpha)
    assert (info.database, info.incarnation) == (second, 2)
    assert world.book(beta, other, world.resident()).institution_code == beta
    again = world.book(alpha, session, world.resident())
    drain(outside=False)
    assert again.number != first.number
    write(alpha, "新址")
    assert names(alpha) == {"新址"}
    with psycopg.connect(os.environ["HUB_OWNER_DATABASE_URL"]) as old:
        [(name,)] = old.execute("SELECT DISTINCT name FROM h_alpha.directory_department").fetchall()
    assert name != "新址", "the old copy stands still"
    assert [outcome.error for outcome in migrate_hub() if outcome.error] == []
    with pytest.raises(CommandError, match="新的写入"):
        told(alpha, "--undo", "hospital")
    told(alpha, "--drop-copy", "hospital")
    with pytest.raises(CommandError):
        told(alpha, "--drop-copy", second)


def test_a_move_is_undone_while_nothing_was_written(alpha: str, second: str, alone: None) -> None:
    world.open_for_booking(alpha)
    before = names(alpha)
    told(alpha, "--to", second, "--go")
    told(alpha, "--undo", "hospital")
    assert registry.tenant(alpha).database == "hospital"
    assert registry.tenant(alpha).incarnation == 3
    write(alpha, "回来了")
    assert names(alpha) == {"回来了"} != before


def test_a_copy_that_differs_is_not_switched_to(
    alpha: str, second: str, alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.open_for_booking(alpha)
    real = moving._digests

    def digests(connection: psycopg.Connection[Any], schema: str) -> dict[str, tuple[int, int]]:
        return {**real(connection, schema), connection.info.dbname: (1, 1)}

    monkeypatch.setattr(moving, "_digests", digests)
    with pytest.raises(CommandError, match="不一致"):
        told(alpha, "--to", second, "--go")
    info = registry.tenant(alpha)
    assert (info.database, info.incarnation, info.stopped_until) == ("hospital", 1, None)
    write(alpha, "还在原处")


def test_what_still_takes_the_old_place_for_the_right_one_cannot_write_there(
    alpha: str, second: str, alone: None
) -> None:
    world.open_for_booking(alpha)
    told(alpha, "--to", second, "--go")
    Tenant.objects.using("owner").filter(code=alpha).update(database="hospital")
    registry.forget()
    with pytest.raises(ProgrammingError, match="permission denied"):
        write(alpha, "迟到")


def test_an_unknown_database_is_refused(alpha: str) -> None:
    with pytest.raises(CommandError):
        told(alpha, "--to", "hospital_nowhere", "--go")
    assert alpha == databases.ALPHA
