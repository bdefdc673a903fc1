"""The district of the flow tests, served on a real port, with a relay at work behind the pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import connections
from playwright.sync_api import Browser
from pytest_django.fixtures import Settings

from hub.accounts.outside import SMS_SECRET
from hub.outbox.relay import drain
from hub.security.keyring import ring
from regional_services.identity.outside import SECRET as CITY_SECRET
from tests.flow.conftest import District, district, his_program, parties_program
from tests.harness import browser as browsers
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.harness.parties import SECRET

__all__ = ["district", "his_program", "parties_program"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a file's tests; two of Playwright's loops can't be open in one process."""
    with browsers.chromium() as browser:
        yield browser


@dataclass(frozen=True)
class Site:
    """The hub at an address a browser can open."""

    address: str
    district: District

    def host_of(self, hospital: str) -> str:
        """A hospital's own host."""
        return self.address.replace("localhost", f"{hospital}.localhost")


@pytest.fixture
def site(district: District, settings: Settings) -> Iterator[Site]:
    """The hub's pages, and a relay that works while people look."""
    ring().put_secret(SMS_SECRET, SECRET.encode())
    ring().put_secret(CITY_SECRET, SECRET.encode())
    port = free_port()
    address = f"http://localhost:{port}"
    settings.PUBLIC_ORIGIN = address
    ended = threading.Event()

    def relay() -> None:
        while not ended.is_set():
            drain()
            time.sleep(0.15)  # an idle round costs the pages a quarter of their time otherwise
        connections.close_all()

    worker = threading.Thread(target=relay)
    with serving(HOST, port):
        worker.start()
        yield Site(address, district)
        ended.set()
        worker.join()
