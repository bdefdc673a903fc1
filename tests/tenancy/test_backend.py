"""Connections that isolation does not bind are refused, and references are checked at once."""

from __future__ import annotations

import copy

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, OperationalError, connections, transaction

from hub import clock
from hub.embedded import credentials, places
from hub.ids import uuid7
from hub.tenancy.backend.base import DatabaseWrapper
from hub.tenancy.errors import UnsafeLogin
from hub.tenancy.scope import hospital
from tenants.directory.models import Doctor


@pytest.mark.parametrize("alias", ["default", "hospital"])
def test_a_superuser_login_is_refused(alpha: str, alias: str) -> None:
    """At its first connection, whatever started the process."""
    secrets = credentials.load(places.test().secrets)
    entry = copy.deepcopy(connections[alias].settings_dict)
    entry |= {"USER": "postgres", "PASSWORD": secrets.superuser}
    entry["OPTIONS"].pop("pool")
    wrapper = DatabaseWrapper(entry, alias)
    try:
        with pytest.raises(UnsafeLogin):
            wrapper.ensure_connection()
    except OperationalError:
        pytest.skip("the tests run on a configured server whose superuser is not known")


def test_the_logins_are_checked_on_demand(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`manage.py check --database default --database hospital` says which login is unsafe."""
    aliases = ["default", "hospital"]
    assert run_checks(tags=["database"], databases=aliases) == []
    monkeypatch.setattr("hub.tenancy.checks.declared.connections", {alias: _Unsafe() for alias in aliases})
    found = run_checks(tags=["database"], databases=aliases)
    assert [problem.id for problem in found] == ["tenancy.E020", "tenancy.E020"]


class _Unsafe:
    def ensure_connection(self) -> None:
        raise UnsafeLogin("superuser")


def test_a_broken_reference_is_an_integrity_error_at_once(alpha: str) -> None:
    """Not at COMMIT, where Citus can only say that the transaction failed."""
    with hospital(alpha), pytest.raises(IntegrityError), transaction.atomic(using="hospital"):
        Doctor.objects.create(practitioner_id=uuid7(), code="d", name="d", department_id=uuid7(), synced_at=clock.now())


def test_opening_a_scope_costs_no_round_trip_of_its_own(alpha: str) -> None:
    """BEGIN, role and path are one message: a scope with one query is three round trips."""
    connection = connections["hospital"]
    with hospital(alpha):
        connection.cursor().execute("SELECT 1")
    connection.force_debug_cursor = True
    connection.queries_log.clear()
    with hospital(alpha):
        connection.cursor().execute("SELECT current_user, current_setting('search_path')")
    assert [entry["sql"].split()[0] for entry in connection.queries_log] == ["BEGIN", "SELECT", "COMMIT"]
