"""Tokens of the API: rotation, reuse, revocation, forgery."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from uuid import UUID

import jwt
import pytest
from django.test import Client

from hub import clock, redis
from hub.accounts import services, tokens
from hub.accounts.models import SignIn
from hub.accounts.results import Client as Device
from hub.actor import system_actor
from hub.errors import NotFound
from hub.security.keyring import REGION_OWNER, ring
from hub.tenancy.scope import region
from tests.accounts.people import App
from tests.harness.threads import in_threads


def refresh(app: App, token: str) -> tuple[int, dict[str, str]]:
    answer = app.post("/tokens/refresh", {"refresh_token": token})
    return answer.status_code, answer.json()


def test_an_access_token_runs_out_and_a_refresh_token_renews_it(app: App) -> None:
    pair = app.signed_in()
    with clock.shifted(tokens.ACCESS_LIFETIME + timedelta(seconds=1)):
        expired = app.me(pair["access_token"])
        assert (expired.status_code, expired.json()["code"]) == (401, "accounts.token_expired")
        status, renewed = refresh(app, pair["refresh_token"])
        assert status == 200
        assert app.me(renewed["access_token"]).status_code == 200


def test_a_refresh_token_used_twice_ends_the_whole_sign_in(app: App) -> None:
    stolen = app.signed_in()
    _, renewed = refresh(app, stolen["refresh_token"])
    assert refresh(app, stolen["refresh_token"])[1]["code"] == "accounts.token_reused"
    assert refresh(app, renewed["refresh_token"])[1]["code"] == "accounts.token_invalid"
    assert app.me(renewed["access_token"]).status_code == 401
    assert app.me(stolen["access_token"]).status_code == 401


@pytest.mark.race
def test_one_refresh_token_presented_at_once_is_traded_once(app: App) -> None:
    pair = app.signed_in()

    def attempt(_number: int) -> int:
        return refresh(App(Client(SERVER_NAME="localhost"), app.parties, app.device), pair["refresh_token"])[0]

    assert sorted(in_threads(6, attempt)).count(200) == 1


def test_signing_out_ends_the_access_token_at_once(app: App) -> None:
    pair = app.signed_in()
    assert app.post("/tokens/revoke", {"refresh_token": pair["refresh_token"]}).status_code == 204
    assert app.me(pair["access_token"]).json()["code"] == "accounts.token_invalid"
    assert refresh(app, pair["refresh_token"])[1]["code"] == "accounts.token_invalid"


def test_a_revocation_survives_the_loss_of_redis(app: App) -> None:
    pair = app.signed_in()
    app.post("/tokens/revoke", {"refresh_token": pair["refresh_token"]})
    redis.client().flushdb()
    assert app.me(pair["access_token"]).status_code == 401


def test_signing_out_with_an_unknown_token_says_nothing(app: App) -> None:
    assert app.post("/tokens/revoke", {"refresh_token": "unknown"}).status_code == 204


def test_a_disabled_account_is_out_within_the_request(app: App) -> None:
    pair = app.signed_in()
    user_id = UUID(app.me(pair["access_token"]).json()["id"])
    services.end_all_sign_ins(actor=system_actor("测试"), user_id=user_id, reason="stolen_phone")
    assert app.me(pair["access_token"]).status_code == 401


def test_refresh_tokens_end_with_the_sign_in(app: App) -> None:
    pair = app.signed_in()
    with clock.shifted(timedelta(days=31)):
        assert refresh(app, pair["refresh_token"])[1]["code"] == "accounts.token_expired"


def forged(token: str) -> dict[str, str]:
    header, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    key_id = jwt.get_unverified_header(token)["kid"]
    data_key = ring().active(REGION_OWNER)
    return {
        "no signature": jwt.encode(claims, "", algorithm="none", headers={"kid": key_id}),
        "another key": jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": key_id}),
        "a key of another use": jwt.encode(
            claims, data_key.derived("access"), algorithm="HS256", headers={"kid": data_key.id.hex()}
        ),
        "unknown key": jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "00" * 8}),
        "altered": ".".join((header, body[:-4] + "AAAA", signature)),
        "no token": "garbage",
        "other audience": jwt.encode(
            claims | {"aud": "elsewhere"},
            ring().by_id(bytes.fromhex(key_id)).derived("access"),
            algorithm="HS256",
            headers={"kid": key_id},
        ),
    }


@pytest.mark.parametrize(
    "kind",
    ["no signature", "another key", "a key of another use", "unknown key", "altered", "no token", "other audience"],
)
def test_forged_tokens_are_nobody(app: App, kind: str) -> None:
    token = app.signed_in()["access_token"]
    answer = app.me(forged(token)[kind])
    assert (answer.status_code, answer.json()["code"]) == (401, "accounts.token_invalid")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_tokens_of_a_retired_key_still_open(app: App) -> None:
    pair = app.signed_in()
    ring().add(REGION_OWNER, "token", replace=True)
    assert app.me(pair["access_token"]).status_code == 200


def test_tokens_of_a_key_that_is_gone_open_nothing_though_they_opened_before(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = app.signed_in()
    assert app.me(pair["access_token"]).status_code == 200
    key_id = bytes.fromhex(jwt.get_unverified_header(pair["access_token"])["kid"])
    monkeypatch.delitem(ring()._by_id, key_id)
    assert app.me(pair["access_token"]).status_code == 401


def test_a_residents_token_is_nobody_on_a_hospitals_host(app: App, alpha: str) -> None:
    pair = app.signed_in()
    there = Client(SERVER_NAME=f"{alpha}.localhost")
    answer = there.get("/api/resident/v1/auth/me", headers={"Authorization": f"Bearer {pair['access_token']}"})
    assert answer.status_code == 401


def test_a_new_device_of_an_old_account_owes_name_and_document(app: App, other_app: App) -> None:
    first = app.signed_in()
    assert first["identity_due"] is False
    with clock.shifted(timedelta(minutes=2)):
        second = other_app.signed_in()
    assert second["identity_due"] is True
    me = other_app.me(second["access_token"]).json()
    assert me["identity_due"] is True
    with region(read_only=True):
        sign_in = SignIn.objects.get(user_id=me["id"], identity_due=True)
    actor = tokens.actor_of(tokens.read_access(second["access_token"]), hospital=None, ip="", request_id="")
    assert not actor.may("accounts.open_records")
    services.prove_identity(actor=actor, sign_in_id=sign_in.id)
    assert other_app.me(second["access_token"]).json()["identity_due"] is False
    with clock.shifted(timedelta(minutes=5)):
        assert other_app.signed_in()["identity_due"] is False


def test_a_proven_device_idle_for_sixty_days_owes_them_again(app: App) -> None:
    app.signed_in()
    with clock.shifted(timedelta(days=59)):
        assert app.signed_in()["identity_due"] is False
    with clock.shifted(timedelta(days=59 + 61)):
        assert app.signed_in()["identity_due"] is True


def test_a_reissued_number_gets_an_account_of_its_own(app: App, other_app: App) -> None:
    old = app.me(app.signed_in()["access_token"]).json()
    with clock.shifted(timedelta(days=100)):
        pair = other_app.signed_in()
        claims = tokens.read_access(pair["access_token"])
        actor = tokens.actor_of(claims, hospital=None, ip="", request_id="")
        client = Device(binding="b", device=other_app.device, wants_tokens=True)
        fresh = services.split_phone_to_new_account(actor=actor, sign_in_id=claims.sign_in_id, client=client)
        assert str(fresh.user_id) != old["id"]
        assert fresh.identity_due is False
    with clock.shifted(timedelta(days=100, minutes=5)):
        again = other_app.me(other_app.signed_in()["access_token"]).json()
    assert again["id"] == str(fresh.user_id)


def test_an_account_that_owes_nothing_cannot_shed_its_records(app: App) -> None:
    claims = tokens.read_access(app.signed_in()["access_token"])
    actor = tokens.actor_of(claims, hospital=None, ip="", request_id="")
    client = Device(binding="b", device=app.device)
    with pytest.raises(NotFound):
        services.split_phone_to_new_account(actor=actor, sign_in_id=claims.sign_in_id, client=client)
