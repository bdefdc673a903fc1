"""A resident waits for a full doctor, is offered the number and books it: on a phone, in large type, at a desk."""

from __future__ import annotations

import re

import pytest
from django.db import connections
from playwright.sync_api import expect

from hub.outbox.relay import drain
from regional_services.catalog import projection
from regional_services.waitlist import offering, selectors, services
from tests.booking import world
from tests.harness.browser import chromium, sizes, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.security.matrix.examples import resident_browser
from tests.waitlist.test_waitlist import full, give_back, join

pytestmark = pytest.mark.browser


def test_a_full_doctor_is_waited_for_and_booked(alpha: str, beta: str) -> None:
    session, holders = full(alpha)
    world.register_institution(beta)
    who, before = world.resident(), world.resident()
    join(alpha, session, before)
    cookies = [{"name": "sessionid", "value": resident_browser(who).cookies["sessionid"].value}]
    port = free_port()
    address = f"http://localhost:{port}"
    with serving(HOST, port), chromium() as browser:
        windows = {
            size: visitor(browser, address, elder=size == "elder", desk=size == "desk") for size in sizes("phone")
        }
        for window in windows.values():
            window.context.add_cookies([{**cookie, "url": address} for cookie in cookies])  # type: ignore[typeddict-item]

        def look(name: str, path: str) -> None:
            for size, window in windows.items():
                window.go(path)
                window.look(f"resident-waitlist-{name}-{size}")

        page = windows["phone"].page
        windows["phone"].go("/waitlist")
        windows["phone"].look("resident-waitlist-empty-phone")
        windows["phone"].go(f"/hospitals/{alpha}")
        page.get_by_role("link", name=re.compile("心血管内科")).first.click()
        page.locator(".days a").nth(1).click()
        department = page.url.removeprefix(address)
        expect(page.get_by_text("候补", exact=True)).to_be_visible()
        look("department", department)
        look("session", f"/hospitals/{alpha}/sessions/{session}")
        page.get_by_role("link", name="加入候补").click()
        look("join", page.url.removeprefix(address))
        page.get_by_role("button", name="加入候补").click()
        expect(page.get_by_text("您前面还有")).to_be_visible()
        place = page.url.removeprefix(address)
        look("waiting", place)
        windows["phone"].go(f"/hospitals/{alpha}/sessions/{session}")
        expect(page.get_by_text("您已在候补")).to_be_visible()
        windows["phone"].go(place)
        connections.close_all()  # the browser's loop may hold one of an earlier copy of the database
        give_back(holders[0])
        offering.sweep()
        from_first = next(row for row in world.messages_of(before) if row.kind == "waitlist.offered")
        assert "为您保留到" in from_first.text
        _pass_on(before)
        look("offered", place)
        look("list", "/waitlist")
        look("messages", "/messages")
        windows["phone"].go(place)
        page.get_by_role("button", name="确认要这个号").click()
        expect(page.get_by_role("heading", name="待支付")).to_be_visible()
        look("taken", place)
        assert [trouble for window in windows.values() for trouble in window.troubles] == []


def _pass_on(before: world.Resident) -> None:
    """The first in line leaves, the next is offered the number."""
    assert before.actor.id is not None
    [first] = selectors.of_account(before.actor.id)
    services.leave(actor=before.actor, entry_id=first.id)
    drain()
    projection.refresh(first.institution_code)
    offering.sweep()
