"""On a phone and in large type: a visit is moved to another day; a release is waited for, and it is one's turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from hub import clock, redis, waiting_room
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from hub.waiting_room import Terms
from regional_services.catalog.models import CatalogSession
from tenants.scheduling import services as scheduling
from tenants.scheduling.models import Session
from tests.booking import world
from tests.harness.browser import Visitor, chromium, visitor
from tests.harness.live import serving, streaming
from tests.harness.outside import HOST, free_port
from tests.scheduling.builders import SYNC, TOMORROW, numbers, open_hospital, schedule, snapshot
from tests.security.matrix.examples import resident_browser

Look = Callable[[str, str], None]
pytestmark = pytest.mark.browser


def _open(code: str) -> None:
    """A free clinic tomorrow and one the day after, dearer by nothing."""
    world.register_institution(code)
    open_hospital(code)
    days = (TOMORROW, TOMORROW + timedelta(days=1))
    told = tuple(schedule(f"S{index}", day=day, fee_fen=0) for index, day in enumerate(days))
    free = tuple(row for index, day in enumerate(days) for row in numbers(8, f"S{index}", day=day))
    scheduling.apply_snapshot(code, snapshot(told, free), actor=SYNC)
    drain()


def test_a_visit_is_moved_and_a_release_is_waited_for(alpha: str, settings: Settings, tmp_path: Path) -> None:
    _open(alpha)
    who = world.resident()
    first, second = CatalogSession.objects.order_by("date").values_list("session_id", flat=True)
    booking = world.book(alpha, first, who)
    cookie = {"name": "sessionid", "value": resident_browser(who).cookies["sessionid"].value}
    port, line_port = free_port(), free_port()
    address = f"http://localhost:{port}"
    with streaming(HOST, line_port, tmp_path / "log") as streams:
        settings.HUB_EVENTS_ORIGIN, settings.HUB_CSP_CONNECT = streams, [streams]  # read when the pages begin to serve
        with serving(HOST, port), chromium() as browser:
            allowed = (f"{HOST}:{line_port}",)
            phone, elder = (visitor(browser, address, elder=large, allowed=allowed) for large in (False, True))
            for window in (phone, elder):
                window.context.add_cookies([{**cookie, "url": address}])  # type: ignore[typeddict-item]

            def look(name: str, path: str) -> None:
                for size, window in (("phone", phone), ("elder", elder)):
                    window.go(path)
                    window.look(f"resident-{name}-{size}")

            _move(phone, f"/bookings/{booking.id}", look)
            _wait(phone, alpha, second, str(who.actor.id), look)
            assert phone.troubles + elder.troubles == []


def _move(window: Visitor, path: str, look: Look) -> None:
    page = window.page
    window.go(path)
    page.get_by_role("link", name="改约", exact=True).click()
    page.locator(".days a").nth(2).click()
    look("moving-days", _path(page))
    page.locator(".list a").first.click()
    page.locator(".slots a").nth(1).click()
    confirm = _path(page)
    look("moving-confirm", confirm)
    page.get_by_role("button", name="确认改约").click()
    expect(page.get_by_text("正在改约", exact=True)).to_be_visible()
    look("moving-new", _path(page))
    look("moving-old", path)


def _wait(window: Visitor, code: str, session: UUID, account: str, look: Look) -> None:
    """The release is minutes away, and seconds once everybody stands there: after it the page says whose turn it is."""
    page = window.page
    draw = _released(code, session, timedelta(minutes=3))
    waiting_room.open_room(code, Terms(rate=10, most=10, stay_seconds=120, draw_ms=draw))
    path = f"/hospitals/{code}/sessions/{session}"
    look("line-session", path)
    window.go(path)
    page.get_by_role("button", name="进候号室").click()
    expect(page.get_by_role("heading", name="已经占好位置")).to_be_visible()
    look("line-before", f"{path}/line")
    for other in range(3):
        waiting_room.join(code, f"rival{other}", str(session))
    draw = _released(code, session, timedelta(seconds=3))
    redis.client().hset(waiting_room._key(code, "room"), mapping={"draw": draw, "last": draw})  # no test waits minutes
    window.go(f"{path}/line")
    page.wait_for_url(f"**{path}", timeout=max(0, draw - int(time.time() * 1000)) + 20_000)  # nobody touches the page
    expect(page.get_by_text("轮到您了")).to_be_visible()
    expect(page.locator(".slots a").first).to_be_visible()
    look("line-turn", path)
    waiting_room.sold_out(code, str(session))
    waiting_room.leave(code, account)
    waiting_room.join(code, account, str(session))
    look("line-full", f"{path}/line")


def _released(code: str, session: UUID, after: timedelta) -> int:
    """Let a session's numbers go out then; when that is, in ms since 1970."""
    at = clock.now() + after
    with hospital(code):
        Session.objects.filter(id=session).update(release_at=at)
    CatalogSession.objects.filter(session_id=session).update(release_at=at)
    return int(at.timestamp() * 1000)


def _path(page: Page) -> str:
    return "/" + page.url.split("/", 3)[3]
