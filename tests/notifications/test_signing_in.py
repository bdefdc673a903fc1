"""One account in WeChat, Alipay and the city app: signed in with, bound, unbound, told apart; on their own pages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import httpx
import pytest
from django.http import HttpRequest
from django.test import Client
from pytest_django.fixtures import Settings

from hub import clock
from hub.accounts import phone_codes, reach, sessions
from hub.accounts.models import CodePurpose, HandleAsk, HandleKind, LoginHandle, PhoneCode
from hub.accounts.services import residents
from hub.actor import Actor, ActorKind
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.notifications import selectors
from regional_services.notifications.channels.alipay import LifeAccount
from regional_services.notifications.channels.signed import CityApp
from sandbox.outside.alipay import open_id, user_id
from tests.booking.world import Resident
from tests.harness.parties import Parties
from tests.notifications.conftest import PHONE, resident_with
from tests.portal.desks import text_of
from tests.security.matrix.examples import resident_browser, resident_token

pytestmark = pytest.mark.usefixtures("committed", "outside")
HERE = "/me/ways"
WORDS = {"wechat": "微信", "alipay": "支付宝", "city-app": "随申办"}


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def browser_of(account_id: UUID | None = None) -> Client:
    """A browser, with an account signed in by phone or with nobody."""
    if account_id is None:
        return Client(SERVER_NAME="localhost", raise_request_exception=False)
    return resident_browser(Resident(Actor(kind=ActorKind.RESIDENT, id=account_id, name="居民"), account_id))


def authorised(browser: Client, platform: str, person: int) -> str:
    """The browser goes to the platform, a person agrees there; where the platform sends it back to."""
    away = urlsplit(browser.get(f"/signin/{platform}", {"next": HERE})["Location"])
    query = urlencode([*parse_qsl(away.query), ("person", person)])
    answer = httpx.get(f"{away.scheme}://{away.netloc}{away.path}?{query}")
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def come(browser: Client, platform: str, person: int) -> Any:
    """Sign in or bind, from the button to where it ends."""
    waiting = browser.get(authorised(browser, platform, person))["Location"]
    assert f"正在等待{WORDS[platform]}确认" in text_of(browser.get(waiting))
    drain()
    return browser.get(waiting)


def account_in(browser: Client) -> UUID:
    """Who is signed in."""
    request = HttpRequest()
    request.session = browser.session
    held = sessions.current(request)
    assert held is not None
    return held.user_id


@pytest.mark.parametrize("platform", list(WORDS))
def test_the_same_user_finds_his_account(platform: str) -> None:
    """Each person his own; a code that came back to another browser is nobody's."""
    first, second, other = browser_of(), browser_of(), browser_of()
    assert come(first, platform, 3)["Location"] == HERE
    come(second, platform, 3)
    come(other, platform, 4)
    assert account_in(first) == account_in(second) != account_in(other)
    assert f"{WORDS[platform]}" in text_of(first.get(HERE))
    planted = authorised(first, platform, 5)
    assert browser_of().get(planted).status_code == 422
    assert browser_of().get("/signin/qq").status_code == 404


def test_one_account_by_every_way_and_one_way_is_left(alpha: str) -> None:
    """Bound ones open it and are told there; unbinding asks first, signs out whoever came by it, and leaves one."""
    account_id = resident_with(PHONE)
    home, neighbour = browser_of(account_id), browser_of(resident_with("+8619900000043"))
    for platform in ("alipay", "city-app"):
        assert come(home, platform, 7)["Location"] == HERE
    with region(read_only=True):
        bound = reach.bound(account_id)
        assert {(HandleKind.PHONE, ""), LifeAccount().handle(), CityApp().handle()} == bound
        assert reach.subject_of(account_id, *LifeAccount().handle()) == user_id("7")
        handles = {row.kind: row.id for row in LoginHandle.objects.filter(user_id=account_id)}
    away = browser_of()
    come(away, "alipay", 7)
    assert account_in(away) == account_id
    listed = text_of(home.get(HERE))
    assert user_id("7") not in listed
    assert "绑定微信" in listed
    unbinding = f"{HERE}/{handles['alipay']}/unbind"
    assert "用它登录着的其他设备会退出" in text_of(home.get(unbinding))
    assert (neighbour.get(unbinding).status_code, neighbour.post(unbinding).status_code) == (404, 404)
    assert "已解绑" in text_of(home.post(unbinding, follow=True))
    drain()
    assert away.get("/me")["Location"].startswith("/signin")
    assert home.get("/me").status_code == 200
    home.post(f"{HERE}/{handles['city_app']}/unbind")
    assert "最后一种方式" in text_of(home.post(f"{HERE}/{handles['phone']}/unbind", follow=True))
    come(away, "alipay", 7)
    assert account_in(away) != account_id


def _told(account_id: UUID) -> list[tuple[str, str]]:
    """Kind and words of what stands among the account's messages, oldest first."""
    drain()
    with region(read_only=True):
        return [(row.kind, row.text) for row in reversed(selectors.messages(account_id, limit=20))]


def _texts(outside: Parties, phone: str) -> list[str]:
    """The notices a phone received, newest first; codes are no notices."""
    return [str(row) for row in outside.received("sms", phone) if row["template"] == "notice"]


def test_the_holder_is_told_of_every_way_that_comes_or_goes(alpha: str, outside: Parties) -> None:
    """In the app, and by text message: of a new number the old one hears, and of its own end the number that left."""
    old, new, account_id = "+8619900000051", "+8619900000052", resident_with("+8619900000051")
    home = browser_of(account_id)
    come(home, "alipay", 21)
    [(kind, words)] = _told(account_id)
    assert (kind, "绑定了支付宝" in words, user_id("21") in words) == ("accounts.bound", True, False)
    [text] = _texts(outside, old)
    assert "绑定了支付宝" in text
    come(home, "alipay", 21)
    assert len(_told(account_id)) == 1, "what was bound already is no news"

    actor = Actor(kind=ActorKind.RESIDENT, id=account_id, name="居民")
    residents.request_phone_code(actor=actor, phone=new, purpose=CodePurpose.BIND_PHONE, binding="d-1")
    with region(read_only=True):
        code = phone_codes.digits_of(PhoneCode.objects.latest("created_at"))
    residents.bind_phone(actor=actor, phone=new, code=code, binding="d-1")
    assert "手机号 199****0052" in _told(account_id)[-1][1]
    assert "绑定了手机号 199****0052" in _texts(outside, old)[0]
    assert _texts(outside, new) == []

    with region(read_only=True):
        handles = list(LoginHandle.objects.filter(user_id=account_id).order_by("created_at").values_list("id", "kind"))
    phone = next(handle for handle, kind in handles if kind == "phone")
    alipay = next(handle for handle, kind in handles if kind == "alipay")
    home.post(f"{HERE}/{phone}/unbind")
    kind, words = _told(account_id)[-1]
    assert (kind, "解绑了手机号 199****0051" in words) == ("accounts.unbound", True)
    assert "解绑了手机号 199****0051" in _texts(outside, old)[0], "the old number itself"
    assert _texts(outside, new) == []
    home.post(f"{HERE}/{alipay}/unbind")
    assert "解绑了支付宝" in _told(account_id)[-1][1]
    assert len(_texts(outside, old)) == 3, "the number that left hears no more"
    assert "解绑了支付宝" in _texts(outside, new)[0]
    assert _told(resident_with(None, wechat="o-nobody")) == []

    shown = browser_of(account_id).get("/messages")
    assert "解绑了登录方式" in text_of(shown)


def test_a_user_of_another_account_leads_to_the_merge(alpha: str) -> None:
    """Not to a dead end; once confirmed, the other's way opens this account."""
    other = browser_of()
    come(other, "alipay", 9)
    account_id = resident_with(PHONE)
    home = browser_of(account_id)
    onward = come(home, "alipay", 9)["Location"]
    assert re.fullmatch(r"/me/accounts/[0-9a-f-]{36}", onward)
    assert "支付宝授权" in text_of(home.get("/me/accounts"))
    home.post(f"{onward}/confirm")
    again = browser_of()
    come(again, "alipay", 9)
    assert account_in(again) == account_id


def test_what_alipay_does_not_answer_is_asked_again_and_what_it_did_not_sign_is_not_believed(outside: Parties) -> None:
    """Busy and down: once more. A forged answer used up the code: the person is told, and begins anew."""
    for switch in ("down", "unavailable"):
        outside.switch("alipay", switch, times=1)
        browser = browser_of()
        waiting = browser.get(authorised(browser, "alipay", 1))["Location"]
        drain()
        assert browser.get(waiting, headers={"HX-Request": "true"}).status_code == 204
        with clock.shifted(timedelta(minutes=1)):
            drain()
            assert browser.get(waiting, headers={"HX-Request": "true"})["HX-Redirect"] == HERE
    outside.switch("alipay", "forged_answer", times=1)
    browser = browser_of()
    waiting = browser.get(authorised(browser, "alipay", 1))["Location"]
    drain()
    with clock.shifted(timedelta(minutes=1)):
        drain()
        refused = browser.get(waiting)
    assert refused.status_code == 400
    assert "支付宝没有确认" in text_of(refused)
    with region(read_only=True):
        assert HandleAsk.objects.order_by("created_at").last().reason == "isv.code-invalid"  # type: ignore[union-attr]
    outside.switch("alipay", "open_id", times=1)
    come(browser, "alipay", 1)
    account_id = account_in(browser)
    with region(read_only=True):
        subject = reach.subject_of(account_id, *LifeAccount().handle())
    assert subject == open_id("2021000000000001", "1")


def test_programs_bind_unbind_and_propose_a_merge(alpha: str) -> None:
    """The same by the API, with the ask of one device."""
    browser, device = browser_of(), "device-of-a-program-1"
    come(browser, "city-app", 11)
    other = account_in(browser)
    who = Resident(Actor(kind=ActorKind.RESIDENT, id=resident_with(PHONE), name="居民"), other)
    bearer = {"Authorization": f"Bearer {resident_token(who)}"}
    api = Client(SERVER_NAME="localhost")

    def post(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        sent = api.post(f"/api/resident/v1/{path}", body, content_type="application/json", headers=bearer)
        return sent.status_code, sent.json()

    def ask(platform: str, person: int) -> dict[str, Any]:
        started = post(f"auth/platforms/{platform}", {"device_id": device})[1]
        away = urlsplit(started["authorize_url"])
        query = dict(parse_qsl(away.query)) | {"person": str(person)}
        answer = httpx.get(f"{away.scheme}://{away.netloc}{away.path}?{urlencode(query)}")
        given = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        code = {"state": given["state"], "code": given.get("auth_code") or given["token"], "device_id": device}
        assert post(f"auth/platforms/{platform}/code", code)[0] == 202
        drain()
        return {"platform": platform, "ask_id": started["ask_id"], "device_id": device}

    status, listed = post("auth/ways", ask("alipay", 12))
    assert (status, [way["kind"] for way in listed["items"]]) == (201, ["phone", "alipay"])
    taken = ask("city-app", 11)
    assert post("auth/ways", taken)[1]["code"] == "accounts.handle_taken"
    assert post("account/merges", taken)[1]["way"] == "city_app"
    way = f"/api/resident/v1/auth/ways/{listed['items'][0]['id']}"
    stranger = Resident(Actor(kind=ActorKind.RESIDENT, id=other, name="居民"), other)
    by_stranger = {"Authorization": f"Bearer {resident_token(stranger)}"}
    assert api.delete(way, headers=by_stranger).status_code == 404
    assert api.delete(way, headers=bearer).status_code == 204
    last = f"/api/resident/v1/auth/ways/{listed['items'][1]['id']}"
    assert api.delete(last, headers=bearer).json()["code"] == "accounts.last_way_in"
