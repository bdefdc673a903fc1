"""Every page in English: no sentence of the hub's own stays in Chinese, and the switch is one press."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client
from django.utils import translation
from playwright.sync_api import Browser, expect

from hub.errors import NotFound
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.words import COOKIE
from portal.templatetags import portal as tags
from regional_services.booking.models import State
from tests.booking.world import book, open_for_booking, resident
from tests.harness.browser import visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of
from tools import language

# In a template: words that stay as they are in every language (a language's own name is data of the settings).
MARKUP = re.compile(
    r"{%\s*comment.*?endcomment\s*%}|{#.*?#}|{%\s*blocktranslate.*?endblocktranslate\s*%}"
    r"|{%\s*translate\s.*?%}|_\(\"[^\"]*\"\)|{{\s*\"[^\"]*\"\|english\s*}}",
    re.DOTALL,
)
CHINESE = language.CHINESE
DIRECTORY = ("心血管内科", "精神心理科", "儿科", "沈明远", "陆清禾", "主任医师", "主治医师", "专家")
# What people named: the switch itself, hospitals and their addresses and grades, staff, departments, doctors.
DATA = ("简体中文", "云栖区alpha医院", "云栖路1号", "二级甲等", "张伟", *DIRECTORY, "沈*")


def test_no_template_says_anything_past_the_catalogue() -> None:
    left = {
        f"{path.name}: {line.strip()[:80]}"
        for path in language.templates()
        for line in MARKUP.sub("", path.read_text(encoding="utf-8")).splitlines()
        if CHINESE.search(line)
    }
    assert left == set()


def test_the_catalogue_is_complete_and_in_step() -> None:
    assert list(language.problems()) == []


def test_refusals_states_and_days_speak_the_readers_language() -> None:
    with translation.override("en"):
        assert NotFound().text == "Not found, or you may not see it."
        assert State.BOOKED.label == "Booked"
        assert tags.day(date(2026, 11, 20)) == "Fri 20 Nov"
    assert NotFound().text == "没有找到，或您无权查看。"
    assert CHINESE.search(State.BOOKED.label)


@pytest.mark.usefixtures("committed")
def test_the_api_heeds_what_the_caller_accepts_and_pages_only_the_switch() -> None:
    client = Client()
    problem = client.get("/api/nowhere", headers={"Accept-Language": "en"})
    assert problem.json()["detail"] == "Not found, or you may not see it."
    assert problem.headers["Content-Language"] == "en"
    page = client.get("/signin", headers={"Accept-Language": "en"})
    assert "登录" in page.content.decode()
    client.post("/language", {"language": "en", "next": "/signin"})
    assert client.cookies[COOKIE].value == "en"
    assert '<html lang="en"' in client.get("/signin").content.decode()
    client.post("/language", {"language": "xx"})
    assert client.cookies[COOKIE].value == "en"


@pytest.fixture
def address(alpha: str) -> Iterator[str]:
    """A hospital with a booking."""
    session = open_for_booking(alpha, 6)
    book(alpha, session, resident())
    drain()
    port = free_port()
    with serving(HOST, port):
        yield f"http://localhost:{port}"


@pytest.mark.browser
def test_pages_of_the_three_portals_hold_no_chinese_but_data(chromium: Browser, address: str, alpha: str) -> None:
    own = address.replace("localhost", f"{alpha}.localhost")
    desks = {
        address: (desk_of(Role.OPERATIONS), ("/district/", "/district/institutions", "/district/statistics")),
        own: (
            desk_of(Role.HOSPITAL_MANAGER, hospital=alpha),
            ("/workspace/", "/workspace/appointments", "/workspace/schedule", "/workspace/facts"),
        ),
    }
    person = visitor(chromium, address)
    page = person.go("/signin")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Sign in to Health Yunqi")).to_be_visible()
    left = {path: chinese(person.go(path).inner_text("body")) for path in ("/", "/signin", "/hospitals", "/open")}
    person.look("english-hospitals")
    for base, (desk, paths) in desks.items():
        staff = visitor(chromium, base, desk=True)
        cookies = {"sessionid": desk.cookies["sessionid"].value, COOKIE: "en"}
        staff.context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
        for path in paths:
            left[path] = chinese(staff.go(path).inner_text("body"))
            assert staff.page.locator("html").get_attribute("lang") == "en"
            staff.look(f"english{path.replace('/', '-').rstrip('-')}")
    assert {path: words for path, words in left.items() if words} == {}


def chinese(text: str) -> set[str]:
    """The lines with Chinese words that are no data."""
    for name in DATA:
        text = text.replace(name, "")
    return {line.strip() for line in text.splitlines() if CHINESE.search(line)}
