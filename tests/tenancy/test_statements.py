"""Statements that the server plans once: the same rows as by the ORM, the same walls between the hospitals."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connections
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.ids import uuid7
from hub.tenancy.errors import ScopeMisuse
from hub.tenancy.scope import hospital, region
from hub.tenancy.statements import Insert, Join, Perhaps, Select, Statement, Update, together
from regional_services.catalog.models import CatalogDepartment, CatalogSession
from tenants.patients.models import PatientAlias, PatientArchive
from tests.tenancy.rows import PERSON, archive

STORE = Insert(PatientArchive, unless_exists=True)
OF_PERSON = Select(PatientArchive, "person_id = %(person)s AND is_primary")
COUNT = Statement("hospital", "SELECT count(*) FROM patients_patientarchive WHERE person_id = %(person)s")


def plans(text: str) -> list[int]:
    """How often each plan this connection keeps of such a statement was used."""
    with connections["hospital"].cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{text}%"]
        )
        return [used for (used,) in cursor.fetchall()]


@pytest.fixture
def fresh_connections() -> None:
    """Connections that keep no plan of an earlier test."""
    for alias in ("default", "hospital"):
        connections[alias].close_pool()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("fresh_connections")
def test_a_statement_is_planned_once_for_a_connection(alpha: str) -> None:
    with hospital(alpha):
        assert [COUNT.row(person=uuid7()) for _ in range(4)] == [(0,)] * 4
        assert plans("FROM patients_patientarchive WHERE person_id") == [4]


def test_what_was_planned_in_one_hospital_reads_the_open_one(alpha: str, beta: str) -> None:
    """The same connection, the same plan's name: role and path are the open scope's."""
    with hospital(alpha):
        assert STORE(archive())
        assert COUNT.row(person=PERSON) == (1,)
    with hospital(beta):
        assert COUNT.row(person=PERSON) == (0,)
        assert OF_PERSON.first(person=PERSON) is None
    with hospital(alpha):
        assert COUNT.row(person=PERSON) == (1,)


def test_a_plan_opens_nothing_outside_a_scope(alpha: str) -> None:
    with hospital(alpha):
        COUNT.row(person=PERSON)
    with pytest.raises(ProgrammingError, match="does not exist"):
        COUNT.row(person=PERSON)


def test_the_regions_statements_are_refused_inside_a_hospital(alpha: str) -> None:
    with pytest.raises(ScopeMisuse), hospital(alpha):
        Statement("default", "SELECT 1").row()


def test_rows_come_and_go_as_by_the_orm(alpha: str) -> None:
    """Sealed fields are sealed and opened, nulls stay nulls, all columns are there."""
    made = archive(his_name="沈雲")
    with hospital(alpha):
        assert STORE(made)
        by_orm, by_hand = PatientArchive.objects.get(id=made.id), OF_PERSON.first(person=PERSON)
        assert by_hand is not None
        assert vars(by_hand) | {"_state": None} == vars(by_orm) | {"_state": None}
        assert (by_hand.name, by_hand.his_name, by_hand.his_patient_id) == ("沈云", "沈雲", None)
        [(sealed,)] = Statement("hospital", "SELECT name FROM patients_patientarchive").rows()
        assert "沈云".encode() not in bytes(sealed)


def test_an_insert_can_leave_what_is_there(alpha: str) -> None:
    with hospital(alpha):
        assert STORE(archive())
        assert not STORE(archive("另一人"))
        assert [row.name for row in OF_PERSON.all(person=PERSON)] == ["沈云"]


def test_an_update_writes_the_named_attributes_under_its_condition(alpha: str) -> None:
    rename = Update(PatientArchive, ("name",), "state = 'active'")
    row = archive()
    with hospital(alpha):
        STORE(row)
        row.name, row.sex = "沈芸", "2"
        assert rename(row)
        stored = PatientArchive.objects.get(id=row.id)
        assert (stored.name, stored.sex) == ("沈芸", "1")
        PatientArchive.objects.filter(id=row.id).update(is_primary=False, state="merged")
        row.name = "沈耘"
        assert not rename(row)


def test_only_some_attributes_are_read_when_so_wanted(alpha: str) -> None:
    named = Select(PatientArchive, "person_id = %(person)s", only=("id", "name"))
    with hospital(alpha):
        STORE(archive())
        row = named.first(person=PERSON)
        assert row is not None
        assert (row.name, row.get_deferred_fields() >= {"phone", "document_number"}) == ("沈云", True)


def test_several_models_come_together(committed: None) -> None:
    join = Join(
        (CatalogSession, CatalogDepartment),
        "regional_catalog_catalogsession.department_id = regional_catalog_catalogdepartment.department_id",
    )
    with region(read_only=True):
        assert join.first() is None


def test_a_row_that_may_be_missing_comes_along(alpha: str) -> None:
    join = Join(
        (PatientArchive,),
        "patients_patientarchive.person_id = %(person)s FOR UPDATE OF patients_patientarchive",
        perhaps=Perhaps(PatientAlias, "archive_id = patients_patientarchive.id ORDER BY id", only=("id", "source")),
    )
    row = archive()
    with hospital(alpha):
        STORE(row)
        found = join.first(person=PERSON)
        assert found is not None
        assert (found[0].name, found[1]) == ("沈云", None)
        for number, source in (("P1", "ADT"), ("P2", "desk")):
            PatientAlias.objects.create(archive=row, his_patient_id=number, source=source, merged_at=clock.now())
        found = join.first(person=PERSON)
        assert found is not None
        assert (found[0].name, found[1].source) == ("沈云", "ADT")


def test_writes_go_together_and_each_is_counted(alpha: str) -> None:
    rename = Update(PatientArchive, ("name",), "state = 'active'")
    row, other = archive(), archive("另一人")
    other.person_id = uuid7()
    with hospital(alpha):
        STORE(row)
        row.name = "沈芸"
        gone = archive("无此人")
        with CaptureQueriesContext(connections["hospital"]) as sent:
            assert together(STORE.write(other), rename.write(row), rename.write(gone)) == [1, 1, 0]
        assert len(sent) == 1
        assert {found.name for found in PatientArchive.objects.all()} == {"沈芸", "另一人"}


@pytest.mark.parametrize("relaxed", [True, False])
def test_a_relaxed_scope_does_not_wait_for_the_disk_and_leaves_no_trace(alpha: str, relaxed: bool) -> None:
    usual = Statement("hospital", "SELECT current_setting('synchronous_commit')")
    with hospital(alpha):
        before = usual.row()
    with hospital(alpha, relaxed=relaxed):
        assert usual.row() == (("off",) if relaxed else before)
    with hospital(alpha):
        assert usual.row() == before
