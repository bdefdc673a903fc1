"""The entries' pages in Chromium: a visitor's steps on a phone, in large type and wide; the district's desk."""

from __future__ import annotations

import pytest
from django.db import connections

from hub.outbox.relay import drain
from hub.security.roles import Role
from tests.booking import world
from tests.entries.conftest import Community, child_of, with_wechat
from tests.entries.test_entries import opened
from tests.harness.browser import chromium, sizes, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of
from tests.security.matrix.examples import resident_browser

pytestmark = pytest.mark.browser


def test_the_pages_of_an_entry(community: Community) -> None:
    who = world.resident()
    browser = resident_browser(who)
    looked = [resident_browser(who).cookies["sessionid"].value, desk_of(Role.OPERATIONS).cookies["sessionid"].value]
    here = opened(browser, community.link())
    port = free_port()
    address = f"http://localhost:{port}"
    with serving(HOST, port), chromium() as program:
        windows = {
            size: visitor(program, address, elder=size == "elder", desk=size == "desk") for size in sizes("phone")
        }

        def look(name: str, path: str) -> None:
            for size, window in windows.items():
                window.go(path)
                window.look(f"resident-entry-{name}-{size}")

        link = community.link()
        windows["phone"].go(link)
        windows["phone"].look("resident-entry-sign-in-phone")
        for window in windows.values():
            window.context.add_cookies([{"name": "sessionid", "value": looked[0], "url": address}])
        look("wechat", here)
        connections.close_all()
        community.others.follow(9, on=False)
        with_wechat(who, 9)
        browser.get(here)
        drain()
        look("follow", here)
        community.others.follow(9)
        browser.post(f"{here}/follow")
        drain()
        child_of(who)
        look("person", here)
        look("services", "/services/immunisation")
        desk = visitor(program, address, desk=True)
        desk.context.add_cookies([{"name": "sessionid", "value": looked[1], "url": address}])
        for name, path in {
            "list": "/district/entries",
            "new": "/district/entries/new",
            "one": f"/district/entries/{community.caller_id}",
        }.items():
            desk.go(path)
            desk.look(f"region-entries-{name}")
        assert [trouble for window in (*windows.values(), desk) for trouble in window.troubles] == []
