"""No sheet the hub gives out runs what somebody typed into it (CSV formula injection)."""

from __future__ import annotations

import csv
import io

import pytest

from hub.documents.sheets import cell
from hub.security.roles import Role
from hub.tenancy.scope import region
from tenants.registry.models import Institution
from tenants.registry.selectors import forget
from tests.booking.world import register_institution
from tests.portal.desks import desk_of, text_of

ATTACK = "=cmd|' /C calc'!A0"


@pytest.mark.control("CES1-20/32")
def test_names_and_reasons_in_exports_are_text(alpha: str) -> None:
    register_institution(alpha)
    with region():
        Institution.objects.filter(pk=alpha).update(name=ATTACK)
    forget()
    security = desk_of(Role.SECURITY_ADMIN)
    security.post("/district/retention/exchange.bodies/hold", {"to": "on", "reason": "@SUM(1+1)"})
    cells = [
        one
        for path in ("/district/merchants.csv", "/district/retention.csv")
        for line in csv.reader(io.StringIO(text_of(security.get(path)).removeprefix("\ufeff")))
        for one in line
    ]
    assert f"'{ATTACK}" in cells
    assert "'@SUM(1+1)" in cells
    assert [one for one in cells if one.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "  =1", "\uff1d1+1", "-cmd"])
def test_what_a_program_could_run_is_marked(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-12.50", "+3", "12%", "沈云", "", 5, None, "a=b"])
def test_numbers_and_words_stay(value: object) -> None:
    assert cell(value) == value
