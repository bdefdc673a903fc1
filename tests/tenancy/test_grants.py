"""What models declare is what the server holds, and a difference is found."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connections

from hub.tenancy.checks import catalogue
from hub.tenancy.scope import hospital, region
from tests.tenancy.support import as_owner, undone


@pytest.mark.parametrize(
    "verb", ["UPDATE hospital_audit SET action = 'x'", "DELETE FROM hospital_audit", "TRUNCATE hospital_audit"]
)
def test_append_only_tables_refuse_change(alpha: str, verb: str) -> None:
    """Not even the hospital's own role can rewrite its history."""
    with pytest.raises(ProgrammingError, match="permission denied for table hospital_audit"), hospital(alpha):
        connections["hospital"].cursor().execute(verb)


@pytest.mark.parametrize("login", [None, "alpha"])
def test_append_only_tables_of_the_region_refuse_change(alpha: str, login: str | None) -> None:
    """Neither the region nor a hospital's staff."""
    with pytest.raises(ProgrammingError, match="permission denied for table region_audit"), region(staff_of=login):
        connections["default"].cursor().execute("DELETE FROM region_audit")


def test_a_hospitals_role_makes_no_tables(alpha: str) -> None:
    """It owns nothing."""
    with pytest.raises(ProgrammingError, match="permission denied for schema h_alpha"), hospital(alpha):
        connections["hospital"].cursor().execute("CREATE TABLE extra (id int)")


def test_the_database_agrees_with_the_models(alpha: str) -> None:
    """Every table of every schema."""
    assert catalogue.verify_grants() == []
    call_command("verify_grants")


@pytest.mark.parametrize(
    ("drift", "found"),
    [
        ("GRANT UPDATE ON h_alpha.hospital_audit TO hub_h_alpha", "h_alpha.hospital_audit"),
        ("GRANT SELECT ON h_beta.directory_doctor TO hub_h_alpha", "h_beta.directory_doctor"),
        ("REVOKE INSERT ON h_alpha.directory_doctor FROM hub_h_alpha", "h_alpha.directory_doctor"),
        ("GRANT USAGE ON SCHEMA h_beta TO hub_h_alpha", "schema h_beta"),
        ("GRANT SELECT ON identity_person TO hub_region_staff", "public.identity_person"),
        ("GRANT USAGE ON SCHEMA public TO PUBLIC", "schema public"),
        ("ALTER TABLE regional_catalog_catalogmark DISABLE ROW LEVEL SECURITY", "regional_catalog_catalogmark"),
        ("DROP POLICY staff_own ON regional_catalog_catalogmark", "regional_catalog_catalogmark"),
        ("CREATE TABLE stray (id bigint PRIMARY KEY, institution_code text)", "public.stray"),
    ],
)
def test_a_difference_is_found(alpha: str, drift: str, found: str) -> None:
    """One line names it, and the command fails."""
    before = set(catalogue.verify_grants())
    with undone():
        as_owner(drift)
        problems = set(catalogue.verify_grants()) - before
        assert problems
        assert all(found in problem for problem in problems)
        with pytest.raises(CommandError):
            call_command("verify_grants")
