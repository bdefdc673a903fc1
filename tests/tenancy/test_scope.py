"""One door into a hospital: the server itself refuses what does not belong to the open scope."""

from __future__ import annotations

import pytest
from django.db import InternalError, ProgrammingError, connections, transaction

from hub import clock
from hub.tenancy.context import on_host
from hub.tenancy.errors import ScopeMisuse, UnknownHospital
from hub.tenancy.models import Tenant
from hub.tenancy.scope import current_hospital, hospital, region
from regional_services.catalog.models import CatalogMark
from tenants.directory.models import Department
from tests.tenancy.support import add_department, add_marks, departments


def test_each_hospital_sees_its_own_rows(alpha: str, beta: str) -> None:
    """The same model, two schemas."""
    add_department(alpha, "内科")
    add_department(beta, "外科")
    with hospital(alpha):
        assert departments() == ["内科"]
        assert current_hospital() == alpha
    with hospital(beta, read_only=True):
        assert departments() == ["外科"]
    assert current_hospital() is None


@pytest.mark.control("CES1-10/17")
def test_outside_a_scope_even_the_right_table_does_not_exist(alpha: str) -> None:
    """The login of the hospitals' connections holds nothing before a scope gives it a role and a path."""
    with hospital(alpha):
        assert departments() == []
    with pytest.raises(ProgrammingError, match='relation "directory_department" does not exist'):
        Department.objects.count()


def test_the_path_alone_opens_nothing(alpha: str) -> None:
    """Naming the schema without its role is refused: the login inherits no hospital's privileges."""
    with pytest.raises(ProgrammingError, match="permission denied for schema h_alpha"):
        connections["hospital"].cursor().execute("SELECT 1 FROM h_alpha.directory_department")


@pytest.mark.control("CES1-10/17")
@pytest.mark.parametrize(
    "table", ["h_beta.directory_department", "public.tenancy_tenant", "hub_template.directory_doctor"]
)
def test_sql_naming_another_schema_is_refused_by_the_server(alpha: str, table: str) -> None:
    """Also when the bug is ours."""
    with pytest.raises(ProgrammingError, match="permission denied for schema"), hospital(alpha):
        connections["hospital"].cursor().execute(f"SELECT count(*) FROM {table}")


def test_the_region_cannot_read_a_hospital(alpha: str) -> None:
    """Nor can the public login."""
    with pytest.raises(ProgrammingError, match="permission denied for schema h_alpha"), region():
        connections["default"].cursor().execute("SELECT count(*) FROM h_alpha.directory_department")


def test_a_read_only_scope_refuses_writes(alpha: str) -> None:
    """PostgreSQL says so."""
    with pytest.raises(InternalError, match="read-only transaction"), hospital(alpha, read_only=True):
        _add_one()


def test_an_exception_leaves_nothing_behind(alpha: str, beta: str) -> None:
    """Rows, role and path are gone; the next scope on the same connection is clean."""
    with pytest.raises(RuntimeError, match="after a write"), hospital(alpha):
        _add_one_and_fail()
    assert current_hospital() is None
    with hospital(alpha):
        assert departments() == []
    with pytest.raises(ProgrammingError), hospital(alpha):
        connections["hospital"].cursor().execute("SELECT no_such_column")
    with hospital(beta):
        assert departments() == []
    with pytest.raises(ProgrammingError, match="does not exist"):
        Department.objects.count()


def test_a_savepoint_keeps_the_scope(alpha: str) -> None:
    """Going on after an error inside an inner block stays in the hospital."""
    add_department(alpha, "内科")
    with hospital(alpha):
        with pytest.raises(ProgrammingError), transaction.atomic(using="hospital"):
            connections["hospital"].cursor().execute("SELECT no_such_column")
        assert departments() == ["内科"]


def test_unknown_hospitals_have_no_scope(alpha: str) -> None:
    """Nor have hospitals that left."""
    with pytest.raises(UnknownHospital), hospital("gamma"):
        pass


@pytest.mark.control("CES1-10/17")
def test_two_worlds_never_open_at_once(alpha: str, beta: str) -> None:
    """No transaction writes a hospital and public, or two hospitals."""
    with hospital(alpha):
        for other in (hospital(beta), hospital(alpha), region()):
            with pytest.raises(ScopeMisuse), other:
                pass
        with pytest.raises(ScopeMisuse, match="inside hospital"):
            Tenant.objects.count()
        assert departments() == []
    with region():
        for other in (hospital(alpha), region()):
            with pytest.raises(ScopeMisuse), other:
                pass
        assert Tenant.objects.count() == 2
    assert departments_after(beta) == []


def test_a_bare_transaction_around_a_scope_is_refused(alpha: str) -> None:
    """A scope is the outermost transaction: what it commits is committed."""
    with transaction.atomic(using="hospital"), pytest.raises(ScopeMisuse), hospital(alpha):
        pass
    with transaction.atomic(using="default"), pytest.raises(ScopeMisuse), region():
        pass


def test_what_runs_after_the_commit_may_open_the_other_world(alpha: str) -> None:
    """on_commit functions run with no scope open."""
    seen: list[int] = []

    def look() -> None:
        with region():
            seen.append(Tenant.objects.count())

    with hospital(alpha):
        transaction.on_commit(look, using="hospital")
    assert seen == [2]


def test_django_tenants_own_doors_are_closed(alpha: str) -> None:
    """A session-level schema is what a pool would carry to somebody else."""
    with region():
        row = Tenant.objects.get(code=alpha)
    with pytest.raises(ScopeMisuse), row:
        pass
    for alias in ("default", "hospital"):
        with pytest.raises(ScopeMisuse):
            connections[alias].set_tenant(row)  # type: ignore[attr-defined]
        with pytest.raises(ScopeMisuse):
            connections[alias].set_schema("h_alpha")  # type: ignore[attr-defined]


def test_a_scope_survives_a_lost_idle_connection(alpha: str) -> None:
    """After a restart of the server the next scope reconnects: nothing was sent yet."""
    with hospital(alpha):
        pid = connections["hospital"].connection.info.backend_pid
    with hospital(alpha):
        assert connections["hospital"].connection.info.backend_pid == pid
    connections["hospital"].cursor().execute("SELECT 1")
    _end_backend(pid)
    with hospital(alpha):
        assert departments() == []


@pytest.mark.control("CES1-10/17")
def test_row_level_security_shows_a_hospitals_staff_their_own_rows(alpha: str, beta: str) -> None:
    """An unfiltered count, a missing setting, a foreign insert, a foreign update."""
    add_marks(alpha, alpha, beta)
    with region():
        assert CatalogMark.objects.count() == 3
    with region(staff_of=alpha):
        assert CatalogMark.objects.count() == 2
        assert CatalogMark.objects.filter(institution_code=beta).update(changes=9) == 0
    with region(staff_of=alpha):
        connections["default"].cursor().execute("SELECT set_config('hub.institution', '', true)")
        assert CatalogMark.objects.count() == 0
    with pytest.raises(ProgrammingError, match="row-level security"), region(staff_of=alpha):
        CatalogMark.objects.create(session_id="00000000-0000-7000-8000-000000000001", institution_code=beta)


def test_staff_hold_nothing_on_tables_that_do_not_say_so(alpha: str) -> None:
    """Public tables without rows of hospitals are closed to the staff role unless the model opens them."""
    with pytest.raises(ProgrammingError, match="permission denied for table identity_person"), region(staff_of=alpha):
        connections["default"].cursor().execute("SELECT count(*) FROM identity_person")


def test_on_a_hospitals_host_the_region_is_read_as_its_staff(alpha: str, beta: str) -> None:
    """Whatever the code asks for, and never outside a scope."""
    add_marks(alpha, beta, beta)
    with on_host(alpha):
        with region():
            assert CatalogMark.objects.count() == 1
        with pytest.raises(ScopeMisuse), region(staff_of=beta):
            pass
        with pytest.raises(ScopeMisuse), hospital(beta):
            pass
        with pytest.raises(ScopeMisuse, match="hospital's host"):
            CatalogMark.objects.count()
        with pytest.raises(ScopeMisuse, match="hospital's host"), transaction.atomic(using="default"):
            CatalogMark.objects.count()
        with hospital(alpha):
            assert departments() == []
    assert CatalogMark.objects.count() == 3


def departments_after(code: str) -> list[str]:
    """The departments of a hospital, in a scope of its own."""
    with hospital(code):
        return departments()


def _add_one() -> None:
    Department.objects.create(code="x", name="x", synced_at=clock.now())


def _add_one_and_fail() -> None:
    _add_one()
    raise RuntimeError("after a write")


def _end_backend(pid: int) -> None:
    """Ended by the same login from another session, as a server restart would."""
    other = connections.create_connection("hospital")
    try:
        other.cursor().execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
    finally:
        other.close()
