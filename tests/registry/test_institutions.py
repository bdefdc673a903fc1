"""The 26 institutions, their sets and their switches."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from hub.actor import Actor, ActorKind, system_actor
from hub.errors import Forbidden
from hub.ids import uuid7
from hub.tenancy.scope import hospital, region
from tenants.registry import functions, selectors, services
from tenants.registry.errors import FunctionOff, UnknownInstitution
from tenants.registry.models import Switch
from tenants.registry.permissions import SWITCH
from tenants.registry.seeding import institutions

OPERATOR = Actor(kind=ActorKind.STAFF, id=uuid7(), name="运营", permissions=frozenset({SWITCH}))


@pytest.fixture
def district(committed: None) -> None:
    """The file's institutions in the registry."""
    institutions.store(actor=system_actor("test"))


def _listed(client: Client) -> list[dict[str, Any]]:
    """What residents choose from; it fits one page."""
    page = client.get("/api/resident/v1/institutions?limit=100").json()
    assert page["next"] is None
    rows: list[dict[str, Any]] = page["items"]
    return rows


@pytest.mark.requirement("JA-ORG-01")
def test_exactly_26_institutions_of_three_kinds(district: None, client: Client) -> None:
    """In the registry, and in the list residents choose from."""
    assert Counter(view.kind for view in selectors.institutions()) == {"hospital": 8, "specialised": 3, "community": 15}
    listed = _listed(client)
    assert {row["code"] for row in listed} == {view.code for view in selectors.institutions()}
    assert len(listed) == 26


def test_the_sets_have_their_sizes(district: None) -> None:
    """26, 18, 6, 6, another 6, and 23."""
    sizes = Counter(name for view in selectors.institutions() for name in view.sets)
    assert sizes == {"all": 26, "discharge": 18, "insurance5": 6, "seamless": 6, "nucleic": 6, "tcm": 23}
    nucleic = {view.code for view in selectors.institutions() if "nucleic" in view.sets}
    assert not nucleic & {view.code for view in selectors.institutions() if "insurance5" in view.sets}


@pytest.mark.requirement("JA-ORG-02")
def test_a_function_switched_off_is_off_there_only(district: None, client: Client) -> None:
    """Hidden there, its calls refused, the others as before; and on again."""
    services.set_switch(
        actor=OPERATOR, institution_code="yunxi", function=functions.BOOKING, is_on=False, reason="检修"
    )
    with pytest.raises(FunctionOff):
        selectors.institution("yunxi").require(functions.BOOKING)
    selectors.institution("lanting").require(functions.BOOKING)
    codes = {row["code"] for row in _listed(client)}
    assert "yunxi" not in codes
    refused = client.get("/api/resident/v1/institutions/yunxi/departments")
    assert (refused.status_code, refused.json()["code"]) == (403, "registry.function_off")
    assert client.get("/api/resident/v1/institutions/lanting/departments").status_code == 200
    assert len(codes) == 25
    services.set_switch(actor=OPERATOR, institution_code="yunxi", function=functions.BOOKING, is_on=True)
    assert len(_listed(client)) == 26


def test_switching_needs_the_permission(district: None) -> None:
    """Refused, and nothing changed."""
    stranger = Actor(kind=ActorKind.STAFF, id=uuid7(), name="前台")
    with pytest.raises(Forbidden):
        services.set_switch(actor=stranger, institution_code="yunxi", function=functions.BOOKING, is_on=False)
    with region(read_only=True):
        assert not Switch.objects.exists()


def test_an_institution_is_found_by_code_only_also_inside_a_hospital(district: None, alpha: str) -> None:
    """Warm or cold, in whatever scope; names never match."""
    selectors.forget()
    with hospital(alpha, read_only=True):
        assert selectors.institution("ninghe").name == "云栖区宁和精神卫生中心"
        with pytest.raises(UnknownInstitution):
            selectors.institution("云栖区中心医院")


def test_storing_again_keeps_switches(district: None) -> None:
    """Idempotent, as the demo's seed is."""
    services.set_switch(actor=OPERATOR, institution_code="yunxi", function=functions.TCM, is_on=False)
    assert institutions.store(actor=system_actor("test")) == 26
    assert not selectors.institution("yunxi").is_on(functions.TCM)


def test_verify_numbers_says_0_differences(alpha: str, beta: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command, over all hospitals."""
    call_command("verify_numbers")
    assert capsys.readouterr().out.endswith("0 differences\n")
