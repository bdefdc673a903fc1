"""Writes that wait for the unit's next message: one exchange fewer each, and nothing else is different."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connections
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.ids import uuid7
from hub.tenancy.scope import hospital
from hub.tenancy.statements import Insert, Update, broken_in
from hub.work import AuditMissing, work
from tenants.patients.models import PatientAlias, PatientArchive
from tests.journal.probes import ACTOR, done
from tests.tenancy.rows import archive

STORE = Insert(PatientArchive)
RENAME = Update(PatientArchive, ("name",))
NOTE = Insert(PatientAlias)


class Taken(Exception):
    """What a test's caller understands of a broken constraint."""


def alias(of: PatientArchive, number: str) -> PatientAlias:
    return PatientAlias(archive_id=of.id, his_patient_id=number, source="ADT", merged_at=clock.now())


def taken(problem: IntegrityError) -> Taken | None:
    return Taken() if broken_in(problem) == PatientAlias._meta.db_table else None


def stored(code: str) -> tuple[int, int]:
    with hospital(code, read_only=True):
        return PatientArchive.objects.count(), PatientAlias.objects.count()


def test_what_nobody_reads_travels_with_what_the_unit_leaves(alpha: str) -> None:
    row, counts = archive(), list[int]()
    with CaptureQueriesContext(connections["hospital"]) as sent, work(alpha, actor=ACTOR) as unit:
        unit.later(STORE.write(row), then=counts.append)
        unit.later(NOTE.write(alias(row, "P1")), then=counts.append)
        unit.audit("probe.later", target="row")
    assert len([one for one in sent if "INSERT" in one["sql"]]) == 1
    assert (counts, stored(alpha), done(alpha, "probe.later")) == ([1, 1], (1, 1), ["row"])


def test_whatever_the_unit_runs_sees_what_was_written_before(alpha: str) -> None:
    row = archive()
    with work(alpha, actor=ACTOR) as unit:
        unit.later(STORE.write(row))
        assert PatientArchive.objects.filter(id=row.id).exists()
        row.name = "沈芸"
        unit.later(RENAME.write(row))
        row.name = "沈耘"
        unit.later(RENAME.write(row))  # one table's writes keep their order
        unit.audit("probe.later", target="row")
    with hospital(alpha, read_only=True):
        assert PatientArchive.objects.get().name == "沈耘"


def test_a_row_stored_and_changed_in_one_unit_is_changed(alpha: str) -> None:
    row, changed = archive(), list[int]()
    with work(alpha, actor=ACTOR) as unit:
        unit.later(STORE.write(row))
        row.name = "沈芸"
        unit.later(RENAME.write(row), then=changed.append)
        unit.audit("probe.later", target="row")
    assert changed == [1]


def test_a_broken_constraint_is_said_in_the_callers_words_and_undoes_all(alpha: str) -> None:
    row = archive()

    def keep() -> None:
        with work(alpha, actor=ACTOR) as unit:
            unit.later(STORE.write(row))
            unit.later(NOTE.write(alias(row, "P1")), refusal=taken)
            unit.audit("probe.later", target="row")

    keep()
    row.id, row.person_id = uuid7(), uuid7()
    with pytest.raises(Taken):
        keep()
    assert (stored(alpha), done(alpha, "probe.later")) == ((1, 1), ["row"])


def test_another_ones_refusal_is_not_taken_for_ones_own(alpha: str) -> None:
    row = archive()

    def keep(number: str) -> None:
        with work(alpha, actor=ACTOR) as unit:
            unit.later(STORE.write(row))
            unit.later(NOTE.write(alias(row, number)), refusal=taken)
            unit.audit("probe.later", target="row")

    keep("P1")
    with pytest.raises(IntegrityError):
        keep("P2")


def test_who_is_told_the_count_may_still_undo(alpha: str) -> None:
    def refuse(count: int) -> None:
        if not count:
            raise Taken

    def rename_nobody() -> None:
        with work(alpha, actor=ACTOR) as unit:
            unit.later(STORE.write(archive()))
            PatientArchive.objects.count()
            unit.later(RENAME.write(archive()), then=refuse)
            unit.audit("probe.later", target="row")

    with pytest.raises(Taken):
        rename_nobody()
    assert (stored(alpha), done(alpha, "probe.later")) == ((0, 0), [])


def test_a_write_put_off_owes_its_audit(alpha: str) -> None:
    with pytest.raises(AuditMissing), work(alpha, actor=ACTOR) as unit:
        unit.later(STORE.write(archive()))
    assert stored(alpha) == (0, 0)
