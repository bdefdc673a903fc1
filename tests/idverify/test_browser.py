"""The whole of it in Chromium: the resident on a phone, also without script; the reviewer at a desk."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Browser, expect

from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.idverify import tasks
from regional_services.idverify.models import Photo, PhotoState
from sandbox import idcards
from sandbox.idcards import Shot
from tests.harness.browser import SCREENS, Visitor, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.idverify import world
from tests.idverify.world import Applicant, needs_font
from tests.portal.desks import desk_of
from tests.security.matrix.examples import resident_browser

pytestmark = [pytest.mark.browser, needs_font]


def _read_waiting() -> None:
    drain()
    with region(read_only=True):
        waiting = list(Photo.objects.filter(state=PhotoState.READING, is_current=True).values_list("id", flat=True))
    for photo_id in waiting:
        tasks.read(str(photo_id))


@pytest.fixture
def address(committed: None) -> Iterator[str]:
    """The hub, with a worker that reads photographs while people look."""
    port, ended = free_port(), threading.Event()

    def worker() -> None:
        while not ended.is_set():
            _read_waiting()
            time.sleep(0.2)
        connections.close_all()

    running = threading.Thread(target=worker)
    with serving(HOST, port):
        running.start()
        yield f"http://localhost:{port}"
        ended.set()
        running.join()


def signed_in(browser: Browser, address: str, cookie: str, *, desk: bool = False) -> Visitor:
    person = visitor(browser, address, desk=desk)
    person.context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
    return person


def pictures(who: Applicant, folder: Path) -> dict[str, Path]:
    """What his phone takes: both sides, and a blurred one."""
    taken = {
        "front": idcards.photograph(idcards.front(who.card), Shot(tilt=3, glare=0.5), seed=1),
        "back": idcards.photograph(idcards.back(who.card), Shot(tilt=-2)),
        "blurred": idcards.photograph(idcards.front(who.card), Shot(blur=9)),
    }
    for name, content in taken.items():
        (folder / f"{name}.jpg").write_bytes(content)
    return {name: folder / f"{name}.jpg" for name in taken}


def test_a_resident_on_a_phone_and_a_reviewer_at_a_desk(chromium: Browser, address: str, tmp_path: Path) -> None:
    who = world.applicant()
    shots = pictures(who, tmp_path)
    person = signed_in(chromium, address, resident_browser(who).cookies["sessionid"].value)  # type: ignore[arg-type]
    page = person.go("/me/identity")
    person.look("identity-1-begin")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="同意并开始拍摄").click()
    expect(page.get_by_role("heading", name="第一步：拍人像面")).to_be_visible()
    person.look("identity-2-front")
    page.get_by_label("拍照或选择照片").set_input_files(shots["blurred"])
    page.get_by_role("button", name="上传并识别").click()
    expect(page.get_by_label("重新拍摄")).to_be_visible(timeout=30_000)
    person.look("identity-3-again")
    page.get_by_label("重新拍摄").set_input_files(shots["front"])
    page.get_by_role("button", name="上传并识别").click()
    expect(page.get_by_role("heading", name="第二步：拍国徽面")).to_be_visible(timeout=30_000)
    page.get_by_label("拍照或选择照片").set_input_files(shots["back"])
    page.get_by_role("button", name="上传并识别").click()
    expect(page.get_by_role("button", name="确认无误，提交审核")).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.get_by_label("姓名")).to_have_value(who.card.name)
    expect(page.get_by_label("证件号码")).to_have_value(who.card.number)
    page.get_by_label("住址").fill("云栖市云栖区新路1号")
    person.look("identity-4-check")
    page.get_by_role("button", name="确认无误，提交审核").click()
    expect(page.get_by_text("已提交，等待审核")).to_be_visible()
    person.look("identity-5-waiting")

    judge = signed_in(chromium, address, desk_of(Role.REVIEWER).cookies["sessionid"].value, desk=True)
    desk = judge.go("/district/identity")
    judge.look("identity-6-list")
    desk.get_by_role("button", name="领取下一份").click()
    expect(desk.get_by_role("heading", name="照片")).to_be_visible()
    desk.wait_for_load_state("networkidle")
    judge.look("identity-7-review")
    desk.get_by_role("checkbox").check()
    desk.get_by_role("button", name="通过", exact=True).click()
    expect(desk.get_by_text("已通过，该居民现为已实名。")).to_be_visible()
    judge.go("/district/identity/statistics")
    judge.look("identity-8-statistics")

    page.goto(f"{address}/me/identity")
    expect(page.get_by_text("您已完成实名")).to_be_visible()
    person.look("identity-9-done")
    assert [*person.troubles, *judge.troubles] == []


def test_without_script_and_in_large_type(chromium: Browser, address: str) -> None:
    who = world.applicant()
    world.photographed(who)
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    context.add_cookies(
        [
            {"name": "sessionid", "value": resident_browser(who).cookies["sessionid"].value, "url": address},  # type: ignore[arg-type]
            {"name": "elder", "value": "1", "url": address},
        ]
    )
    page = context.new_page()
    page.goto(f"{address}/me/identity")
    assert who.card.number not in page.content()
    page.screenshot(path=SCREENS / "identity-no-script.png", full_page=True)
    page.get_by_role("button", name="确认无误，提交审核").click()
    expect(page.get_by_text("已提交，等待审核")).to_be_visible()
    context.close()
