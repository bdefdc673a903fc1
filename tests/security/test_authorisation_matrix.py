"""Every API route there is, against everybody who should not get in. New routes join by themselves."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from hub.accounts import tokens
from hub.accounts.results import Client as Device
from hub.accounts.services import create_staff, tokens_of, verify_totp
from hub.actor import system_actor
from hub.security.permissions import PUBLIC, RESIDENT, SIGNED_IN
from hub.security.roles import Role
from tests.accounts.people import NOBODY, StaffMember
from tests.security.matrix.routes import API

_ANYTHING = {"uuid": str(uuid.UUID(int=7)), "int": "7"}


def cells() -> list[tuple[str, str, str]]:
    """(method, address, declared permission) of every API operation."""
    return [
        (method.lower(), route.address({name: _ANYTHING.get(kind, "alpha") for kind, name in route.typed}), permission)
        for route in API
        if route.api and not route.api.__module__.startswith("drf_")
        for method, permission in route.operations()
    ]


GUARDED = [cell for cell in cells() if cell[2] != PUBLIC]
STAFF_ONLY = [cell for cell in GUARDED if cell[2] not in (RESIDENT, SIGNED_IN)]
RESIDENT_ONLY = [cell for cell in GUARDED if cell[2] == RESIDENT]


def call(method: str, address: str, token: str, host: str = "localhost") -> int:
    http = Client(SERVER_NAME=host, raise_request_exception=False)
    headers = {"Idempotency-Key": uuid.uuid4().hex} | ({"Authorization": f"Bearer {token}"} if token else {})
    return int(
        http.generic(method.upper(), address, b"{}", content_type="application/json", headers=headers).status_code
    )


def staff_token(role: Role, hospital: str = "") -> str:
    account = create_staff(
        actor=system_actor("seed"),
        login_name=f"staff.{role}",
        display_name="张伟",
        institution_code=hospital or "district",
        roles=[role],
        with_totp=True,
        must_change_password=False,
    )
    member = StaffMember(account, hospital)
    client = Device(binding="b", device="d", hospital=hospital, wants_tokens=True)
    signed_in = verify_totp(actor=NOBODY, accepted=member.password_step(), code=member.totp(), client=client)
    return tokens_of(signed_in).access_token


def test_there_is_something_to_guard() -> None:
    assert len(GUARDED) >= 5
    assert RESIDENT_ONLY


def test_without_a_token_no_guarded_route_answers(committed: None) -> None:
    opened = [cell for cell in GUARDED if call(cell[0], cell[1], "") != 401]
    assert opened == []


def test_a_token_that_is_none_opens_nothing(committed: None) -> None:
    assert [cell for cell in GUARDED if call(cell[0], cell[1], "forged") != 401] == []


def test_an_administrator_without_business_is_refused_where_residents_act(committed: None) -> None:
    token = staff_token(Role.AUDIT_ADMIN)
    assert tokens.read_access(token).hospital == ""
    assert [cell for cell in RESIDENT_ONLY if call(cell[0], cell[1], token) != 403] == []


def test_staff_of_one_hospital_are_nobody_on_anothers_host(alpha: str, beta: str) -> None:
    token = staff_token(Role.HOSPITAL_MANAGER, alpha)
    assert [cell for cell in GUARDED if call(cell[0], cell[1], token, f"{beta}.localhost") != 401] == []
    assert [cell for cell in GUARDED if call(cell[0], cell[1], token, "localhost") != 401] == []


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN])
def test_staff_routes_ask_for_their_own_permission(committed: None, role: Role) -> None:
    token = staff_token(role)
    refused: dict[tuple[str, str, str], Any] = {
        cell: status for cell in STAFF_ONLY if (status := call(cell[0], cell[1], token)) != 403
    }
    assert {cell for cell in refused if not cell[2].startswith(("accounts.", "audit."))} == set()
