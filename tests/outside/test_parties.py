"""The parties outside behave as the real ones do, so that what passes here can pass there."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.harness.parties import APPID, SECRET, Parties

AUTHORIZE = {
    "appid": APPID,
    "redirect_uri": "http://localhost/back",
    "response_type": "code",
    "scope": "snsapi_base",
    "state": "st4te",
}


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """The running sandbox."""
    running = Parties(tmp_path_factory.mktemp("outside"))
    yield running
    running.outside.stop()


def authorised(parties: Parties, **more: str) -> str:
    """The code a person's consent brings."""
    answer = httpx.get(f"{parties.urls['wechat_open']}/connect/oauth2/authorize", params={**AUTHORIZE, **more})
    assert answer.status_code == 302, answer.text
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == ["st4te"]
    return query["code"][0]


def exchanged(parties: Parties, code: str, **more: str) -> dict[str, Any]:
    """What the code is worth."""
    params = {"appid": APPID, "secret": SECRET, "code": code, "grant_type": "authorization_code", **more}
    return dict(httpx.get(f"{parties.urls['wechat_open']}/sns/oauth2/access_token", params=params).json())


def test_a_code_is_worth_one_openid_once(parties: Parties) -> None:
    """The same person has the same openid at the same app; a used or invented code has none."""
    code = authorised(parties, person="3")
    first, again = exchanged(parties, code), exchanged(parties, code)
    assert first["openid"].startswith("o")
    assert "is_snapshotuser" not in first
    assert again["errcode"] == 40163
    assert exchanged(parties, "0123")["errcode"] == 40029
    assert exchanged(parties, authorised(parties, person="3"))["openid"] == first["openid"]
    assert exchanged(parties, authorised(parties, person="4"))["openid"] != first["openid"]


def test_a_wrong_secret_or_app_gets_nothing(parties: Parties) -> None:
    """Each with its own code."""
    code = authorised(parties, person="1")
    assert exchanged(parties, code, secret="x")["errcode"] == 40125
    assert exchanged(parties, code, appid="wx")["errcode"] == 40013


def test_the_snapshot_page_says_so(parties: Parties) -> None:
    """A virtual openid, marked."""
    assert exchanged(parties, authorised(parties, person="1", snapshot="1"))["is_snapshotuser"] == 1


def test_a_foreign_address_is_refused(parties: Parties) -> None:
    """Codes go only to the registered domain."""
    params = {**AUTHORIZE, "redirect_uri": "http://elsewhere.example/back"}
    answer = httpx.get(f"{parties.urls['wechat_open']}/connect/oauth2/authorize", params=params)
    assert answer.status_code == 400
    assert "10003" in answer.text


def checked(parties: Parties, name: str, number: str, secret: str = SECRET) -> httpx.Response:
    """Ask the city's register."""
    body = json.dumps({"name": name, "document_number": number}).encode()
    headers = {"X-Signature": hmac.digest(secret.encode(), body, "sha256").hex()}
    return httpx.post(f"{parties.urls['city_identity']}/v1/real-name-check", content=body, headers=headers)


def test_the_register_knows_its_own(parties: Parties) -> None:
    """Match, mismatch, absent; unsigned questions are not answered."""
    people = httpx.get(f"{parties.urls['city_identity']}/demo/persons?start=10&count=1").json()["persons"]
    name, number = people[0]["name"], people[0]["document_number"]
    assert checked(parties, name, number).json() == {"result": "match"}
    assert checked(parties, "别人", number).json() == {"result": "mismatch"}
    assert checked(parties, name, "310101190001010000").json() == {"result": "absent"}
    assert checked(parties, name, number, secret="x").status_code == 401
