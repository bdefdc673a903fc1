"""Rows of the catalogue belong to hospitals: their staff's role sees and writes its own only (kernel decision 6)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import ProgrammingError

from hub import clock
from hub.tenancy.scope import region
from regional_services.catalog import projection
from regional_services.catalog.models import CatalogDepartment, CatalogSession
from tests.scheduling.builders import open_hospital, open_session


def test_staff_see_their_own_hospitals_rows_only(alpha: str, beta: str) -> None:
    """Whatever the query asks for."""
    for code in (alpha, beta):
        open_hospital(code)
        open_session(code, 1)
        projection.rebuild(code)
    with region(read_only=True):
        assert CatalogSession.objects.count() == 2
    with region(read_only=True, staff_of=alpha):
        assert {row.institution_code for row in CatalogSession.objects.all()} == {alpha}
        assert not CatalogDepartment.objects.filter(institution_code=beta).exists()


def test_staff_can_not_write_a_row_of_another_hospital(alpha: str, beta: str) -> None:
    """Refused by the server."""
    row = CatalogDepartment(institution_code=beta, department_id=uuid.uuid4(), code="X", name="冒名科室")
    with pytest.raises(ProgrammingError, match="row-level security"), region(staff_of=alpha):
        row.save(force_insert=True)


def test_days_gone_by_leave_the_catalogue(alpha: str) -> None:
    """And come back for nobody: the hospital keeps its own rows."""
    open_hospital(alpha)
    open_session(alpha, 1)
    projection.rebuild(alpha)
    assert projection.forget_before(clock.today()) == 0
    assert projection.forget_before(clock.today() + timedelta(days=2)) == 1
    with region(read_only=True):
        assert not CatalogSession.objects.exists()


def test_rebuild_gives_what_events_gave(alpha: str) -> None:
    """The projection can be thrown away."""
    open_hospital(alpha)
    open_session(alpha, 3)
    projection.rebuild(alpha)
    with region():
        before = CatalogSession.objects.values_list("session_id", "free", "total").get()
        CatalogSession.objects.all().delete()
    projection.rebuild(alpha)
    with region(read_only=True):
        assert CatalogSession.objects.values_list("session_id", "free", "total").get() == before
