"""A resident on a phone finds a doctor, follows him, is told, and stops; every page in three sizes, with axe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from hub import clock
from hub.outbox.relay import drain
from regional_services.catalog import projection
from regional_services.doctors import symptoms
from tests.booking import world
from tests.doctors.conftest import LU, Town, event
from tests.harness import browser as browsers
from tests.harness.browser import Visitor, sizes, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.scheduling.builders import SYNC, open_session
from tests.security.matrix.examples import resident_browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def address(town: Town) -> Iterator[str]:
    """The hub's pages on a port, with the town behind them."""
    port = free_port()
    with serving(HOST, port):
        yield f"http://localhost:{port}"


def _signed_in(window: Visitor, who: world.Resident) -> Visitor:
    session = resident_browser(who).cookies["sessionid"].value
    window.context.add_cookies([{"name": "sessionid", "value": session, "url": window.base}])
    return window


def _tell_much(tell: Callable[..., Any]) -> None:
    tell(
        event("introduction", text="从事心血管内科临床二十年，擅长高血压、冠心病与心律失常的长期管理。"),
        event("presence", online=True),
        *(event("enquiry") for _ in range(3)),
        *(event("consultation", LU) for _ in range(2)),
        *(
            event("review", review_id=f"r{number}", rating=5 - number % 2, text=f"讲得很清楚，等候也不久（{number}）")
            | {"at": (clock.now() - timedelta(days=number)).isoformat()}
            for number in range(12)
        ),
    )


@pytest.mark.requirement(
    "JA-DOCREC-01", "JA-DOCREC-04", "JA-DOCREC-05", "JA-DOCREC-06", "JA-DOCREC-07", "JA-DOCREC-08", "JA-DOCREC-11"
)
def test_find_follow_be_told_and_stop(town: Town, tell: Callable[..., Any], address: str, chromium: Browser) -> None:
    symptoms.seed(actor=SYNC)
    _tell_much(tell)
    who = world.resident()
    person = _signed_in(visitor(chromium, address), who)
    page = person.go("/")
    page.get_by_role("link", name="找医生").click()
    page.get_by_role("link", name="咨询最多").click()
    expect(page.locator("ul.list a .strong")).to_have_text(["1. 沈明远", "2. 陆清禾"])
    page.get_by_text("按医院、科室、在线、有号筛选").click()
    page.get_by_label("科室").select_option("心血管内科")
    page.get_by_label("现在在线").check()
    page.get_by_role("button", name="按这些条件查找").click()
    expect(page.locator("ul.list a .strong")).to_have_text(["1. 沈明远"])
    page.get_by_role("link", name=re.compile("沈明远")).click()
    expect(page.locator(".facts dd")).to_have_text(["0", "3", "0"])
    page.get_by_role("button", name=re.compile("关注")).click()
    expect(page.locator(".facts dd").first).to_have_text("1")
    expect(page.get_by_text("从事心血管内科临床二十年")).to_be_visible()
    page.get_by_role("link", name="更早的评价").click()
    expect(page.get_by_text("（11）")).to_be_visible()
    open_session(town.alpha, 2, his_code="S9")
    drain()
    projection.refresh(town.alpha)
    drain()
    person.go("/messages")
    expect(page.get_by_text("关注的医生有新门诊")).to_be_visible()
    _look_at_everything(town, address, chromium, who)
    person.go("/me/doctors").get_by_role("link", name=re.compile("沈明远")).click()
    page.get_by_role("button", name="已关注，点此取消").click()
    expect(page.locator(".facts dd").first).to_have_text("0")
    person.go("/me/doctors")
    expect(page.get_by_text("还没有关注医生")).to_be_visible()
    assert person.troubles == []


def _look_at_everything(town: Town, address: str, chromium: Browser, who: world.Resident) -> None:
    paths = {
        "home": "/",
        "doctors": "/doctors",
        "ranked": "/doctors?order=reviews",
        "none": f"/doctors?institution={town.beta}&department=精神心理科",
        "doctor": f"/doctors/{town.shen}",
        "followed": "/me/doctors",
        "me": "/me",
        "guidance": "/search?q=胸口痛",
        "search": "/search?q=shenming",
    }
    for size in sizes("elder"):
        window = _signed_in(visitor(chromium, address, elder=size == "elder", desk=size == "desk"), who)
        for name, path in paths.items():
            window.go(path)
            window.look(f"doctors-{name}-{size}")
        assert window.troubles == [], size


def test_who_is_not_signed_in_looks_and_signs_in_to_follow(town: Town, address: str, chromium: Browser) -> None:
    person = visitor(chromium, address)
    page = person.go(f"/doctors/{town.shen}?after=nonsense,x")
    page.get_by_role("button", name=re.compile("关注")).click()
    expect(page).to_have_url(re.compile(r"/signin\?next="))
