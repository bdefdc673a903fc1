"""WeChat web authorisation: the relay exchanges the code, the app polls, nobody else can use the answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from hub import clock
from hub.accounts import platforms, services, tokens
from hub.accounts.models import LoginHandle
from hub.accounts.services import platforms as ways
from hub.outbox import relay
from hub.tenancy.scope import region
from tests.accounts.parties import Parties
from tests.accounts.people import App


def begin(app: App) -> tuple[str, dict[str, str]]:
    started = app.post("/wechat", {"device_id": app.device})
    assert started.status_code == 201
    url = urlsplit(started.json()["authorize_url"])
    assert url.fragment == "wechat_redirect"
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert list(query) == ["appid", "redirect_uri", "response_type", "scope", "state"]
    return started.json()["ask_id"], query


def come_back(app: App, state: str, code: str = "wxcode") -> Any:
    return app.post("/wechat/code", {"device_id": app.device, "state": state, "code": code})


def progress(app: App, ask_id: str) -> dict[str, Any]:
    answer = app.http.get(f"/api/resident/v1/auth/wechat/{ask_id}", headers={"X-Device-ID": app.device})
    return dict(answer.json())


def sign_in(app: App, ask_id: str) -> Any:
    return app.post("/tokens", {"grant": "wechat", "ask_id": ask_id, "device_id": app.device})


def confirmed(app: App, parties: Parties, openid: str) -> str:
    ask_id, query = begin(app)
    parties.wechat_answers["wxcode"] = {"openid": openid, "access_token": "t", "scope": "snsapi_base"}
    assert come_back(app, query["state"]).status_code == 202
    relay.drain()
    return ask_id


def test_the_way_in(app: App, parties: Parties) -> None:
    ask_id, query = begin(app)
    parties.wechat_answers["wxcode"] = {"openid": "oABCDEFG1234567", "access_token": "t"}
    back = come_back(app, query["state"])
    assert (back.status_code, back["Location"]) == (202, f"/api/resident/v1/auth/wechat/{ask_id}")
    assert progress(app, ask_id)["status"] == "pending"
    assert sign_in(app, ask_id).json()["code"] == "accounts.wechat_pending"
    relay.drain()
    assert progress(app, ask_id)["status"] == "ready"
    tokens_ = sign_in(app, ask_id)
    assert tokens_.status_code == 201
    assert app.me(tokens_.json()["access_token"]).json()["name"] == "微信用户 oABC..."
    assert sign_in(app, ask_id).json()["code"] == "accounts.wechat_refused", "an ask signs in once"


def test_the_same_openid_finds_the_same_account(app: App, parties: Parties) -> None:
    first = sign_in(app, confirmed(app, parties, "o1")).json()
    second = sign_in(app, confirmed(app, parties, "o1")).json()
    other = sign_in(app, confirmed(app, parties, "o2")).json()
    ids = [app.me(pair["access_token"]).json()["id"] for pair in (first, second, other)]
    assert ids[0] == ids[1] != ids[2]


def test_the_same_openid_of_another_appid_is_somebody_else(app: App, parties: Parties, settings: Any) -> None:
    mine = sign_in(app, confirmed(app, parties, "o1")).json()
    settings.HUB_WECHAT_APPID = "wx_of_another_account"
    other = sign_in(app, confirmed(app, parties, "o1")).json()
    assert app.me(mine["access_token"]).json()["id"] != app.me(other["access_token"]).json()["id"]


def test_a_snapshot_page_is_refused(app: App, parties: Parties) -> None:
    ask_id, query = begin(app)
    parties.wechat_answers["wxcode"] = {"openid": "oVIRTUAL", "is_snapshotuser": 1}
    come_back(app, query["state"])
    relay.drain()
    assert progress(app, ask_id) == {"ask_id": ask_id, "status": "refused", "reason": "snapshot_page"}
    assert sign_in(app, ask_id).json()["code"] == "accounts.wechat_refused"


def test_a_code_wechat_does_not_know_is_refused(app: App, parties: Parties) -> None:
    ask_id, query = begin(app)
    come_back(app, query["state"], "never-issued")
    relay.drain()
    assert progress(app, ask_id)["reason"] == "errcode_40029"


def test_a_planted_state_is_refused(app: App, other_app: App) -> None:
    _, query = begin(other_app)
    assert come_back(app, query["state"]).json()["code"] == "accounts.wechat_refused"


@pytest.mark.control("MLPS/9")
def test_another_device_cannot_use_a_confirmed_ask(app: App, other_app: App, parties: Parties) -> None:
    ask_id = confirmed(app, parties, "o1")
    assert sign_in(other_app, ask_id).json()["code"] == "accounts.wechat_refused"
    assert (
        other_app.http.get(
            f"/api/resident/v1/auth/wechat/{ask_id}", headers={"X-Device-ID": other_app.device}
        ).status_code
        == 404
    )


def test_a_state_comes_back_once_and_in_time(app: App, parties: Parties) -> None:
    _, query = begin(app)
    assert come_back(app, query["state"]).status_code == 202
    assert come_back(app, query["state"]).json()["code"] == "accounts.wechat_refused"
    _, late = begin(app)
    with clock.shifted(timedelta(minutes=6)):
        assert come_back(app, late["state"]).json()["code"] == "accounts.wechat_refused"


def test_binding_wechat_to_a_phone_account_lets_both_in(app: App, parties: Parties, settings: Any) -> None:
    pair = app.signed_in()
    actor = tokens.actor_of(tokens.read_access(pair["access_token"]), hospital=None, ip="", request_id="")
    ask_id = confirmed(app, parties, "o9")
    ways.bind(actor=actor, platform=platforms.named("wechat"), ask_id=UUID(ask_id), binding=app.device)
    by_wechat = sign_in(app, confirmed(app, parties, "o9")).json()
    assert app.me(by_wechat["access_token"]).json()["id"] == str(actor.id)
    assert actor.id is not None
    assert services.openid_of(actor.id, settings.HUB_WECHAT_APPID) == "o9"
    with region(read_only=True):
        assert b"o9" not in [bytes(h.subject_index) for h in LoginHandle.objects.all()]
