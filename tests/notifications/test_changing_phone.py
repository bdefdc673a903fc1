"""The phone one signs in with, changed on its page: proven by the old number or without it, read back, told to both."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import httpx
import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from hub import clock
from hub.accounts import handles, phone_codes, steps
from hub.accounts.models import HandleKind, LoginHandle, PhoneCode, User
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.identity.models import Identifier
from sandbox.outside.alipay import user_id
from tests.booking import world
from tests.booking.world import Resident
from tests.harness.browser import Visitor, chromium, sizes, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.harness.parties import Parties
from tests.notifications.conftest import resident_with
from tests.notifications.test_signing_in import _texts, _told, account_in, browser_of, come
from tests.portal.desks import text_of

WAYS = "/me/ways"
OLD, NEW, THIRD = "+8619900000061", "+8619900000062", "+8619900000063"


@pytest.fixture
def plain_static_files(settings: Settings) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


pytestmark = pytest.mark.usefixtures("committed", "outside", "plain_static_files")


def verified(phone: str, alipay: str = "") -> tuple[Resident, UUID, str]:
    """A resident with a checked name and a phone: he, his account, the page where he changes the phone."""
    who = world.resident()
    assert who.actor.id is not None
    with work(REGION, actor=world.SETUP) as unit:
        user = User.objects.get(id=who.actor.id)
        handle = steps.add_handle(user, HandleKind.PHONE, phone)
        if alipay:
            steps.add_handle(user, HandleKind.ALIPAY, user_id(alipay), realm="2021000000000001")
        unit.audit("test.phone", target=f"account:{user.id}")
    return who, who.actor.id, f"{WAYS}/{handle.id}/change"


def newest_code() -> str:
    with region(read_only=True):
        return phone_codes.digits_of(PhoneCode.objects.filter(spent_at__isnull=True).latest("created_at"))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def living(account_id: UUID) -> list[str]:
    with region(read_only=True):
        return [row.masked for row in handles.handles_of(account_id) if row.kind is HandleKind.PHONE]


def document_of(who: Resident) -> dict[str, str]:
    with region(read_only=True):
        shown = Identifier.objects.get(person_id=who.person_id)
        return {"act": "name", "name": "沈云", "document_type": "01", "document_number": shown.number}


def signed_in_by_code(phone: str) -> Client:
    """A new device that comes by a code sent to the phone."""
    browser = browser_of()
    browser.post("/signin", {"phone": phone.removeprefix("+86")})
    code = {"phone": phone.removeprefix("+86"), "code": newest_code()}
    assert browser.post("/signin/code", code).status_code == 302
    return browser


def said(browser: Client, here: str, status: int, **given: str) -> str:
    """Sent, answered so: what the page says."""
    answer = browser.post(here, given)
    assert answer.status_code == status, text_of(answer)
    return text_of(answer)


def onward(browser: Client, here: str, **given: str) -> str:
    """Sent and accepted: the next step's page."""
    answer = browser.post(here, given)
    assert (answer.status_code, answer["Location"]) == (302, here), text_of(answer)
    return text_of(browser.get(here))


def test_a_number_changes_by_a_code_on_the_old_and_one_on_the_new(alpha: str, outside: Parties) -> None:
    """Other devices go, this one stays; the old number is told, in the app too; nothing is changed by halves."""
    _who, account_id, here = verified(OLD)
    elsewhere = signed_in_by_code(OLD)
    home = browser_of(account_id)
    assert here in home.get(WAYS).content.decode()
    with clock.shifted(timedelta(minutes=2)):
        assert "199****0061" in text_of(home.get(here))
        assert "发到 199****0061 的验证码" in onward(home, here, act="old-code")
        assert "填新号码" in onward(home, here, act="old", code=newest_code())
        assert "请核对" in onward(home, here, act="new-code", phone="199 0000 0062")
        shown = home.get(here).content.decode()
        assert "199****0062" in shown
        assert "19900000062" not in shown
        assert living(account_id) == ["199****0061"], "read back, not changed"
        answer = home.post(here, {"act": "change", "code": newest_code()}, follow=True)
        assert "以后用 199****0062 登录" in text_of(answer)
        assert living(account_id) == ["199****0062"]
        assert [kind for kind, _words in _told(account_id)] == ["accounts.unbound", "accounts.bound"]
        [gone] = _texts(outside, OLD)
        assert "解绑了手机号 199****0061" in gone
        assert "绑定了手机号 199****0062" in _texts(outside, NEW)[0]
        assert elsewhere.get("/me")["Location"].startswith("/signin")
        assert home.get("/me").status_code == 200
        assert home.post(here, {"act": "change", "code": "1"})["Location"] == WAYS, "sent twice"
        assert home.get(here)["Location"] == WAYS
    with clock.shifted(timedelta(minutes=5)):
        assert account_in(signed_in_by_code(NEW)) == account_id
        assert account_in(signed_in_by_code(OLD)) != account_id, "the old number is free"


def test_every_refusal_is_said_and_changes_nothing(alpha: str) -> None:
    _who, account_id, here = verified(OLD)
    other, stranger = resident_with(THIRD), browser_of(resident_with(None, wechat="o-stranger"))
    home = browser_of(account_id)
    for path in (here, f"{here}/lost", f"{here}/lost/alipay"):
        assert stranger.get(path).status_code == 404
    for act in ("old-code", "old", "name", "new-code", "change"):
        assert stranger.post(here, {"act": act, "code": "1"}).status_code in (302, 403, 404)
    assert stranger.post(here, {"act": "old-code"}).status_code == 404

    for act in ("name", "new-code"):
        refused = said(home, here, 403, **{**document_of(_who), "phone": NEW, "act": act})
        assert "请先重新验证身份" in refused, "nothing without a proof"
    onward(home, here, act="old-code")
    early = home.post(here, {"act": "old-code"})
    assert (early.status_code, "发送太频繁" in text_of(early)) == (429, True)
    assert re.search(r'data-after="(5\d|60)"', early.content.decode())
    assert "验证码错误或已失效" in said(home, here, 422, act="old", code=wrong(newest_code()))
    late = newest_code()
    with clock.shifted(timedelta(minutes=6)):
        assert "验证码错误或已失效" in said(home, here, 422, act="old", code=late)
        onward(home, here, act="old-code")
        onward(home, here, act="old", code=newest_code())
        assert "和现在的一样" in said(home, here, 422, act="new-code", phone=OLD)
        assert "正确的手机号" in said(home, here, 422, act="new-code", phone="12345")
        onward(home, here, act="new-code", phone=THIRD)
        assert "验证码错误或已失效" in said(home, here, 422, act="change", code=wrong(newest_code()))
        taken = home.post(here, {"act": "change", "code": newest_code()})
        assert (taken.status_code, 'href="/me/accounts"' in taken.content.decode()) == (409, True)
        assert "已用于另一账号" in text_of(taken)
        assert "填新号码" in onward(home, here, act="other")
        onward(home, here, act="new-code", phone=NEW)
    with clock.shifted(timedelta(minutes=30)):
        assert "请先重新验证身份" in said(home, here, 403, act="change", code="000000"), "the proof ran out"
        assert "获取验证码" in text_of(home.get(here))
    assert (living(account_id), living(other)) == (["199****0061"], ["199****0063"])


def test_a_device_that_proved_nobody_shows_name_and_document_too(alpha: str) -> None:
    """Numbers are re-issued: who holds one now gets no further by its codes alone (practice 1)."""
    who, account_id, here = verified(OLD)
    newcomer = signed_in_by_code(OLD)
    with clock.shifted(timedelta(minutes=2)):
        onward(newcomer, here, act="old-code")
        assert "证件号码" in onward(newcomer, here, act="old", code=newest_code())
        assert "请先重新验证身份" in said(newcomer, here, 403, act="new-code", phone=NEW)
        assert living(account_id) == ["199****0061"]
    with clock.shifted(timedelta(minutes=4)):
        onward(newcomer, here, act="old-code")
        onward(newcomer, here, act="old", code=newest_code())
        assert "不一致" in said(newcomer, here, 403, **{**document_of(who), "name": "沈雨"})
        assert 'class="error"' in said(newcomer, here, 422, **{**document_of(who), "name": ""})
        assert "新手机号" in onward(newcomer, here, **document_of(who))


def prove(browser: Client, here: str, person: int) -> str:
    """A user of Alipay agrees, so as to prove who changes his phone; where that leads."""
    away = urlsplit(browser.get(f"{here}/lost/alipay")["Location"])
    query = urlencode([*parse_qsl(away.query), ("person", person)])
    back = urlsplit(httpx.get(f"{away.scheme}://{away.netloc}{away.path}?{query}").headers["Location"])
    waiting = browser.get(f"{back.path}?{back.query}")["Location"]
    _told(account_in(browser))
    return str(browser.get(waiting)["Location"])


def test_without_the_old_number_another_way_and_the_name_do(alpha: str, outside: Parties) -> None:
    """The bound user only; where there is none, or nobody's name was checked, the page says who helps."""
    who, account_id, here = verified(OLD, alipay="31")
    home = browser_of(account_id)
    assert "用支付宝证明" in text_of(home.get(f"{here}/lost"))
    assert home.get(f"{here}/lost/wechat").status_code == 404, "not bound here"
    assert prove(home, here, 32) == f"{here}/lost"
    assert "不是绑定在本账号上的那一个" in text_of(home.get(f"{here}/lost"))
    assert prove(home, here, 31) == here
    assert "证件号码" in text_of(home.get(here))
    assert "请先重新验证身份" in said(home, here, 403, act="new-code", phone=NEW)
    assert prove(home, here, 31) == here
    onward(home, here, **document_of(who))
    onward(home, here, act="new-code", phone=NEW)
    assert home.post(here, {"act": "change", "code": newest_code()})["Location"] == WAYS
    assert living(account_id) == ["199****0062"]
    assert "解绑了手机号 199****0061" in (_told(account_id) and _texts(outside, OLD)[0])

    _only, alone, there = verified(THIRD)
    told = text_of(browser_of(alone).get(f"{there}/lost"))
    assert "任一医院窗口" in told
    assert "拨打客服 021-5550-0120" in told
    nobody = resident_with("+8619900000064", alipay=user_id("33"))
    with region(read_only=True):
        handle = LoginHandle.objects.get(user_id=nobody, kind=HandleKind.PHONE)
    unnamed = browser_of(nobody)
    told = text_of(unnamed.get(f"{WAYS}/{handle.id}/change/lost"))
    assert "还没有完成本人实名" in told
    assert "用支付宝证明" not in told
    assert unnamed.get(f"{WAYS}/{handle.id}/change/lost/alipay").status_code == 404
    come(unnamed, "alipay", 34)  # an ordinary way bound is no proof


@pytest.mark.browser
def test_the_pages_of_a_change(alpha: str) -> None:
    port = free_port()
    with serving(HOST, port), chromium() as browser:
        for number, size in enumerate(sizes("elder")):
            old, new, taken = (f"+861990000{tens}{number}" for tens in ("007", "008", "009"))
            who, account_id, _here = verified(old, alipay="" if size == "phone" else str(40 + number))
            resident_with(taken)
            with clock.shifted(-timedelta(minutes=2)):
                key = signed_in_by_code(old).cookies["sessionid"].value
            person = visitor(browser, f"http://localhost:{port}", elder=size == "elder", desk=size == "desk")
            person.context.add_cookies([{"name": "sessionid", "value": key, "url": person.base}])
            _change(person, size, document_of(who)["document_number"], (taken, new))
            assert living(account_id) == [f"199****008{number}"]


def _change(person: Visitor, size: str, document: str, numbers: tuple[str, str]) -> None:
    """One resident on a new device from his ways in to the new number, each page looked at."""

    def seen(name: str) -> Page:
        person.look(f"phone-{name}-{size}")
        return person.page

    page = person.go(WAYS)
    seen("0-ways").get_by_role("link", name=re.compile("更换手机号")).click()
    seen("1-old").get_by_role("link", name="这个号码收不到短信了").click()
    seen("2-lost").get_by_role("link", name="旧号码还能收短信，返回").click()
    page.get_by_role("button", name="获取验证码").click()
    again = page.get_by_role("button", name=re.compile("重新获取验证码"))
    expect(again).to_be_disabled()
    expect(again).to_contain_text("00:5")
    seen("3-old-sent")
    page.get_by_label("的验证码").fill(wrong(newest_code()))
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("alert")).to_contain_text("验证码错误")
    seen("4-old-wrong")
    person.troubles.clear()  # the browser notes the refusal's status
    page.get_by_label("的验证码").fill(newest_code())
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("姓名").fill("沈雨")
    page.get_by_label("证件号码").fill(document)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("alert")).to_contain_text("不一致")
    seen("5-name-wrong")
    person.troubles.clear()
    page.get_by_label("姓名").fill("沈云")
    page.get_by_role("button", name="下一步").click()
    _give(page, numbers[0], seen)
    page.get_by_role("button", name="确认更换").click()
    expect(page.get_by_role("link", name="去合并账号")).to_be_visible()
    seen("8-taken")
    person.troubles.clear()
    page.get_by_role("button", name="换成别的号码").click()
    _give(page, numbers[1], seen)
    page.get_by_role("button", name="确认更换").click()
    expect(page.get_by_role("status")).to_contain_text("已更换")
    seen("9-changed")
    assert person.troubles == []


def _give(page: Page, number: str, seen: Callable[[str], Page]) -> None:
    """A number, and the code it received."""
    page.get_by_label("新手机号").fill(number.removeprefix("+86"))
    seen("6-new")
    page.get_by_role("button", name="发验证码到新号码").click()
    expect(page.get_by_role("heading", name="请核对")).to_be_visible()
    seen("7-confirm")
    page.get_by_label("新号码收到的验证码").fill(newest_code())
