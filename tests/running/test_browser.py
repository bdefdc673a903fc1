"""The administrators' and operators' pages as they are seen: desk and phone, nothing axe calls serious."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser

from hub.observability import heartbeat
from hub.retention import services as retention
from hub.running import usage, watching
from hub.security.keyring import KeyRing
from hub.security.roles import Role
from tests.booking.world import register_institution
from tests.harness import browser as browsers
from tests.harness.browser import visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of
from tests.security.conftest import own_ring as own_ring
from tests.security.matrix import standing

DISTRICT = {
    "services": "/district/running",
    "log": "/district/running/log",
    "retention": "/district/retention",
    "retention-one": "/district/retention/exchange.bodies",
    "networks": "/desk/networks",
    "merchants": "/district/merchants",
    "keys": "/district/keys",
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for this file."""
    with browsers.chromium() as browser:
        yield browser


@pytest.mark.browser
@pytest.mark.slow
def test_the_pages_as_they_are_seen(own_ring: KeyRing, alpha: str, chromium: Browser) -> None:
    register_institution(alpha)
    for process in ("relay", "scheduler"):
        heartbeat.beat(process)
    own_ring.put_secret(f"his.{alpha}", b"h" * 40)
    standing.merchant_proposal(alpha)
    fault = standing.fault()
    security, system = desk_of(Role.SECURITY_ADMIN), desk_of(Role.SYSTEM_ADMIN)
    retention.hold(actor=standing.staff(Role.SECURITY_ADMIN), code="exchange.bodies", on=True, reason="诉讼保全 3 号")
    security.post("/desk/networks/allow", {"network": "127.0.0.0/8", "note": "信息科机房"})
    system.get("/district/accounts")
    usage.flush()
    usage.store()
    watching.watch()
    port = free_port()
    with serving(HOST, port):
        base = f"http://localhost:{port}"
        own = f"http://{alpha}.localhost:{port}"
        for name, path in DISTRICT.items():
            _look(chromium, base, system if name in ("services", "log", "merchants") else security, path, name)
        _look(chromium, base, system, f"/district/running/faults/{fault}", "fault")
        _look(chromium, base, system, f"/district/merchants/{alpha}", "merchant")
        hospital = desk_of(Role.SYSTEM_ADMIN, hospital=alpha)
        _look(chromium, own, hospital, "/workspace/keys", "own-keys")
        _look(chromium, own, hospital, "/workspace/merchant", "own-merchant", desk=False)


def _look(chromium: Browser, base: str, browser: Client, path: str, name: str, *, desk: bool = True) -> None:
    person = visitor(chromium, base, desk=desk)
    cookie = browser.cookies["sessionid"].value
    person.context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
    person.go(path)
    person.look(f"secure-{name}")
    assert person.troubles == []
    person.context.close()
