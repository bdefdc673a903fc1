"""A resident does the whole of it in a browser; every page with data is looked at on a phone, large, and on a desk."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.harness.browser import Visitor, sizes, visitor
from tests.portal.conftest import Site
from tests.registered import CHILD, REGISTERED, RELATIVE

pytestmark = pytest.mark.browser


def _code(site: Site, phone: str, since: float) -> str:
    """The code that came to the phone since then."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        screen = httpx.get(f"{site.district.parties.urls['sms']}/control/sms", params={"to": f"+86{phone}", "limit": 1})
        for message in screen.json()["messages"]:
            if message["received"] >= since and "code" in message["params"]:
                return str(message["params"]["code"])
        time.sleep(0.1)
    pytest.fail("no code came")


def _sign_in(site: Site, person: Visitor, phone: str) -> None:
    page = person.go("/signin")
    page.get_by_label("手机号").fill(phone)
    since = time.time()
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label(re.compile("短信验证码")).fill(_code(site, phone, since))
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="健康云栖")).to_be_visible()


def _become_somebody(page: Page, person: Visitor) -> None:
    page.goto(person.base + "/me/people/new")
    page.get_by_role("textbox", name="姓名（与证件一致）").fill(REGISTERED.name)
    page.get_by_role("textbox", name="证件号码").fill(REGISTERED.document_number)
    for box in page.get_by_role("checkbox").all():
        box.check()
    person.look("resident-person-new")
    page.get_by_role("button", name="提交并核验实名").click()
    expect(page.get_by_text("已实名")).to_be_visible(timeout=15_000)


def _book(page: Page, person: Visitor, hospital: str) -> None:
    person.go(f"/hospitals/{hospital}")
    page.get_by_role("link", name=re.compile("余号")).filter(has_text="全科医学科").click()
    page.locator(".days a.free").last.click()
    page.locator("ul.list a").filter(has=page.locator(".price")).first.click()
    page.locator(".slots a").first.click()
    expect(page.get_by_role("heading", name="请核对")).to_be_visible()


@pytest.mark.requirement("JA-APPT-08", "JA-APPT-11", "JA-APPT-13", "JA-APPT-19")
def test_book_pay_and_show_the_code(site: Site, chromium: Browser) -> None:
    """From signing in to the code at the door, as a resident does it; then all pages in three sizes."""
    cashier = urlsplit(site.district.parties.urls["wechat_pay"]).netloc
    person = visitor(chromium, site.address, allowed=(cashier,))
    page = person.page
    _sign_in(site, person, REGISTERED.phone)
    _become_somebody(page, person)
    _book(page, person, "alpha")
    person.look("resident-confirm")
    page.get_by_role("button", name="确认预约").click()
    expect(page.get_by_role("heading", name="待支付")).to_be_visible()
    person.look("resident-booking-to-pay")
    page.get_by_role("link", name=re.compile("去支付")).click()
    page.get_by_role("link", name=re.compile("微信支付")).click()
    page.get_by_role("button", name="支付").click()
    expect(page.get_by_role("heading", name="预约成功")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("医院已登记，就诊当天直接到诊室")).to_be_visible(timeout=15_000)
    expect(page.get_by_alt_text(re.compile("预约二维码"))).to_be_visible()
    person.look("resident-booking-booked")
    assert person.troubles == []
    _look_at_everything(site, chromium, person, urlsplit(page.url).path)


def _look_at_everything(site: Site, chromium: Browser, person: Visitor, booking: str) -> None:
    page = person.go("/hospitals/alpha")
    department = (
        page.get_by_role("link", name=re.compile("余号")).filter(has_text="全科医学科").first.get_attribute("href")
        or ""
    )
    person.go(department)
    session = page.locator("ul.list a").first.get_attribute("href") or ""
    paths = {
        "home": "/",
        "hospitals": "/hospitals",
        "hospital": "/hospitals/alpha",
        "department": department,
        "session": session,
        "bookings": "/bookings",
        "booking": booking,
        "cancel": f"{booking}/cancel",
        "messages": "/messages",
        "people": "/me/people",
        "me": "/me",
        "search": "/search?q=alpha",
        "search-empty": "/search?q=没有这样的",
    }
    cookies = person.context.cookies()
    for size in sizes("phone", "elder"):
        window = visitor(chromium, site.address, elder=size == "elder", desk=size == "desk")
        window.context.add_cookies(cookies)  # type: ignore[arg-type]
        for name, path in paths.items():
            window.go(path)
            window.look(f"resident-{name}-{size}")
        assert window.troubles == [], size


@pytest.mark.requirement("JA-APPT-22")
def test_a_resident_cancels_with_the_consequence_in_words(site: Site, chromium: Browser) -> None:
    person = visitor(chromium, site.address)
    page = person.page
    _sign_in(site, person, REGISTERED.phone)
    _become_somebody(page, person)
    _book(page, person, "beta")
    page.get_by_role("button", name="确认预约").click()
    expect(page.get_by_role("heading", name="待支付")).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="取消预约").click()
    expect(page.get_by_text("这个号会放给别人，不能恢复")).to_be_visible()
    page.get_by_role("button", name="确认取消").click()
    expect(page.get_by_role("heading", name="已取消")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("link", name=re.compile("去支付"))).to_have_count(0)
    assert person.troubles == []


def test_an_adult_relative_agrees_by_a_code_on_his_own_phone(site: Site, chromium: Browser) -> None:
    person = visitor(chromium, site.address)
    page = person.page
    _sign_in(site, person, REGISTERED.phone)
    _become_somebody(page, person)
    person.go("/me/people/new")
    page.get_by_label("与您的关系").select_option("spouse")
    page.get_by_role("textbox", name="姓名（与证件一致）").fill(RELATIVE.name)
    page.get_by_role("textbox", name="证件号码").fill(RELATIVE.document_number)
    page.get_by_role("textbox", name="手机号").fill(RELATIVE.phone)
    since = time.time()
    page.get_by_role("button", name="发送验证码到家人手机").click()
    expect(page.get_by_text("已发送，五分钟内有效")).to_be_visible()
    page.get_by_label(re.compile("家人手机收到的验证码")).fill(_code(site, RELATIVE.phone, since))
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="提交并核验实名").click()
    expect(page.get_by_text("已实名")).to_have_count(2, timeout=15_000)
    _add_a_child_of_thirteen(page, person)
    assert person.troubles == []


def _add_a_child_of_thirteen(page: Page, person: Visitor) -> None:
    """Who is under fourteen is added with the guardian's own consent, offered for children alone."""
    guardian = page.get_by_role("checkbox", name=re.compile("我是该未成年人的监护人"))
    person.go("/me/people/new")
    page.get_by_label("与您的关系").select_option("parent")
    expect(guardian).to_have_count(0)
    page.get_by_label("与您的关系").select_option("child")
    page.get_by_role("textbox", name="姓名（与证件一致）").fill(CHILD.name)
    page.get_by_role("textbox", name="证件号码").fill(CHILD.document_number)
    for box in page.get_by_role("checkbox").all():
        box.check()
    expect(guardian).to_be_checked()
    page.get_by_role("button", name="提交并核验实名").click()
    expect(page.get_by_text("已实名")).to_have_count(3, timeout=15_000)
    expect(page.get_by_text("监护到满18周岁")).to_be_visible()


def test_strangers_and_the_unknown(site: Site, chromium: Browser) -> None:
    """Without an account pages to read are open, others ask to sign in; the unknown is said plainly."""
    person = visitor(chromium, site.address)
    person.go("/hospitals")
    person.look("stranger-hospitals")
    person.go("/bookings")
    expect(person.page.get_by_label("手机号")).to_be_visible()
    person.look("stranger-sign-in")
    answer = person.page.goto(site.address + "/hospitals/nowhere")
    assert answer is not None
    assert answer.status == 404
    expect(person.page.get_by_role("link", name="返回首页")).to_be_visible()
    person.look("error-not-found")
