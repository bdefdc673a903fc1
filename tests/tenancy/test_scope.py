"""One door into a hospital: the server itself refuses what does not belong to the open scope."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError

from hub.tenancy.scope import hospital
from tenants.directory.models import Department


def test_outside_a_scope_even_the_right_table_does_not_exist(alpha: str) -> None:
    """The login of the hospitals' connections holds nothing before a scope gives it a role and a path."""
    with pytest.raises(ProgrammingError, match='relation "directory_department" does not exist'):
        Department.objects.count()
    with hospital(alpha):
        assert Department.objects.count() == 0
