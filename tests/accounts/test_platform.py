"""Staff of the district's support platform: created and disabled there, signed in there, against the real protocol."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from hub.accounts import services as accounts
from hub.accounts.models import DISTRICT, AccountState, TotpDevice, User
from hub.actor import system_actor
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.security.roles import Role
from hub.staff_platform import outside, services, tasks
from hub.staff_platform.models import PlatformUser
from tests.booking.world import register_institution
from tests.harness.parties import SECRET, Parties

SEED = system_actor("seed")
PUSH = "/api/provider/v1/staff-platform/push"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    parties = Parties(tmp_path_factory.mktemp("platform"))
    yield parties
    parties.outside.stop()


@pytest.fixture
def platform(program: Parties, alpha: str, settings: Settings) -> Parties:
    """The running platform, agreed with; nobody is slowed down by hashed files."""
    program.calm()
    settings.HUB_OUTSIDE = dict(program.urls)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    ring().put_secret(outside.CLIENT_SECRET, SECRET.encode())
    for user in httpx.get(f"{outside.issuer()}/users", auth=("health-district-hub", SECRET)).json()["users"]:
        _set(user["sub"], enabled=False)
    return program


def _created(login_name: str) -> str:
    answer = httpx.post(f"{outside.issuer()}/demo/users", json={"login_name": login_name, "name": "周敏"})
    return str(answer.raise_for_status().json()["sub"])


def _set(sub: str, *, enabled: bool) -> None:
    httpx.post(f"{outside.issuer()}/demo/users/{sub}", json={"enabled": enabled}).raise_for_status()


def _account(login_name: str) -> User:
    return User.objects.get(login_name=login_name)


def _member(login_name: str, role: Role = Role.OPERATIONS, place: str = DISTRICT) -> tuple[str, User]:
    """Created there, known here, given a role here, with a second factor."""
    sub = _created(login_name)
    services.synchronise()
    user = _account(login_name)
    accounts.grant_role(actor=SEED, user_id=user.id, institution_code=place, role=role)
    TotpDevice.objects.create(user=user, secret=pyotp.random_base32(length=32), confirmed_at=user.created_at)
    return sub, user


def _back(browser: Client, sub: str) -> Any:
    """To the platform, choose oneself, come back; the answer to the page that waits once the relay has asked."""
    away = browser.get("/desk/signin/platform?next=/district/accounts")
    assert away.status_code == 302, away.content.decode()
    chosen = httpx.get(f"{away['Location']}&sub={sub}", follow_redirects=False)
    back = urlsplit(chosen.headers["location"])
    waiting = browser.get(f"{back.path}?{back.query}")
    if waiting.status_code != 302:
        return waiting
    assert "正在等待" in browser.get(waiting["Location"]).content.decode()
    drain()
    return browser.get(waiting["Location"])


@pytest.mark.requirement("JA-ADMIN-01")
def test_created_there_signs_in_here_and_disabled_there_is_out_at_once(platform: Parties, client: Client) -> None:
    sub, user = _member("zhou.min")
    step = _back(client, sub)
    assert step["Location"] == "/desk/signin/totp?next=/district/accounts"
    code = pyotp.TOTP(TotpDevice.objects.get(user=user).secret).now()
    signed_in = client.post(step["Location"], {"code": code, "next": "/district/"})
    assert signed_in["Location"] == "/district/"
    assert client.get("/district/").status_code == 200
    _set(sub, enabled=False)
    signature = hmac.digest(SECRET.encode(), b"{}", "sha256").hex()
    pushed = Client().post(PUSH, b"{}", content_type="application/json", headers={"X-Signature": signature})
    assert pushed.status_code == 204
    drain()
    assert client.get("/district/")["Location"].startswith("/desk/signin")
    assert _account("zhou.min").state == AccountState.DISABLED
    _set(sub, enabled=True)
    tasks.poll()
    assert _account("zhou.min").state == AccountState.ACTIVE


def test_a_new_account_can_do_nothing_until_it_is_given_a_role(platform: Parties, client: Client) -> None:
    sub = _created("wu.lei")
    tasks.poll()
    assert "尚无角色" in _back(client, sub).content.decode()


def test_a_member_of_one_hospital_is_a_stranger_at_the_district(platform: Parties, client: Client, alpha: str) -> None:
    register_institution(alpha)
    sub, _ = _member("at.alpha", Role.RECEPTION, alpha)
    assert _back(client, sub).status_code == 422
    there = Client(SERVER_NAME=f"{alpha}.localhost")
    assert _back(there, sub)["Location"].startswith("/desk/signin/totp")


@pytest.mark.parametrize("lie", ["wrong_nonce", "foreign_key"])
def test_a_token_that_is_not_for_this_sign_in_is_refused(platform: Parties, client: Client, lie: str) -> None:
    sub, _ = _member(f"liar.{lie.replace('_', '.')}")
    platform.switch("support-platform", lie)
    assert _back(client, sub).status_code == 422


def test_a_planted_state_and_another_browser_are_refused(platform: Parties, client: Client) -> None:
    sub, _ = _member("planted")
    away = client.get("/desk/signin/platform")["Location"]
    state = parse_qs(urlsplit(away).query)["state"][0]
    stranger = Client()
    assert stranger.get(f"/desk/signin/platform/back?state={state}&code=x").status_code == 422
    back = urlsplit(httpx.get(f"{away}&sub={sub}", follow_redirects=False).headers["location"])
    waiting = client.get(f"{back.path}?{back.query}")["Location"]
    drain()
    assert stranger.get(waiting).status_code == 422
    assert client.get(f"{back.path}?{back.query}").status_code == 422, "a code comes back once"


def test_while_the_platform_is_away_passwords_still_work_and_nobody_is_disabled(
    platform: Parties, client: Client
) -> None:
    _member("steady")
    platform.switch("support-platform", "down")
    tasks.poll()
    assert _account("steady").state == AccountState.ACTIVE


def test_a_name_that_was_here_before_is_never_taken_over(platform: Parties) -> None:
    mine = accounts.create_staff(actor=SEED, login_name="was.here", display_name="李娜")
    _created("was.here")
    services.synchronise()
    assert _account("was.here").id == mine.user_id
    assert PlatformUser.objects.filter(account_id=mine.user_id).exists() is False


def test_an_unsigned_knock_is_refused(platform: Parties) -> None:
    assert Client().post(PUSH, b"{}", content_type="application/json").status_code == 401
