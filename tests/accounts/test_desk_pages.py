"""Staff sign-in through its pages, as a person at a desk does it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hub import clock
from hub.accounts import services
from hub.accounts.models import DISTRICT
from hub.actor import system_actor
from hub.security.roles import Role
from tests.accounts.people import StaffMember

Make = Callable[..., StaffMember]


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def sign_in(http: Client, member: StaffMember, password: str | None = None) -> Any:
    """Both steps; the answer of the last one that was reached."""
    names = {"login_name": member.account.login_name, "password": password or member.account.password}
    first = http.post("/desk/signin", names)
    if first.status_code != 302:
        return first
    return http.post(first["Location"], {"code": member.totp(), "next": "/district/"})


@pytest.mark.requirement("WX-ADMIN-01")
def test_right_credentials_open_the_back_office_and_wrong_ones_are_refused(staff: Make, client: Client) -> None:
    member = staff()
    assert client.get("/district/").status_code == 302
    refused = sign_in(client, member, "Wrong-1234567")
    assert refused.status_code == 401
    assert "账号、口令或动态码不正确" in refused.content.decode()
    assert sign_in(client, member)["Location"] == "/district/"
    assert client.get("/district/").status_code == 200


@pytest.mark.requirement("WX-ADMIN-04")
def test_without_the_right_nobody_gets_in_and_granting_it_lets_in_at_once(
    staff: Make, client: Client, alpha: str
) -> None:
    member = staff(hospital=alpha, roles=(Role.RECEPTION,))
    assert sign_in(client, member).status_code == 401
    change: dict[str, Any] = {
        "actor": system_actor("安全管理员"),
        "user_id": member.account.user_id,
        "institution_code": DISTRICT,
        "role": Role.OPERATIONS,
    }
    services.grant_role(**change)
    assert sign_in(client, member).status_code == 302
    assert client.get("/district/").status_code == 200
    services.end_role(**change)
    assert client.get("/district/").status_code == 302
    with clock.shifted(timedelta(seconds=60)):
        assert sign_in(client, member).status_code == 401


def test_a_due_password_is_changed_before_anything_else(staff: Make, client: Client) -> None:
    member = staff()
    with clock.shifted(timedelta(days=91)):
        assert sign_in(client, member)["Location"] == "/desk/password"
        assert client.get("/district/").status_code == 403
        assert "至少 10 位" in client.get("/desk/password").content.decode()
        weak = client.post("/desk/password", {"old": member.account.password, "new": "short"})
        assert (weak.status_code, "至少 10 位" in weak.content.decode()) == (422, True)
        changed = client.post("/desk/password", {"old": member.account.password, "new": "Fresh-River-88"})
        assert changed["Location"] == "/desk/signin"
        assert client.get("/district/").status_code == 302, "the change ended this sign-in too"
    with clock.shifted(timedelta(days=91, seconds=60)):
        assert sign_in(client, member, "Fresh-River-88")["Location"] == "/district/"
        assert client.get("/district/").status_code == 200
