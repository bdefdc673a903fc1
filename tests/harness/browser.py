"""Real Chromium on the hub's pages: what a person sees, with the checks that hold on every page (ui.md, "Checks")."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "build" / "screens"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# Pages here have no frames and no styles of other hosts: neither is waited for.
AXE_RUN = "axe.run(document, {resultTypes: ['violations'], preload: false, iframes: false})"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"]
SERIOUS = {"serious", "critical"}
SIZES = ("phone", "elder", "desk")


def sizes(*quick: str) -> tuple[str, ...]:
    """In which sizes pages are looked at: these in the quick suite, all of them in `make test-full`."""
    return SIZES if os.environ.get("HUB_LOOK_AT_ALL") else quick


def executable() -> str:
    """Chromium of this machine; without one the test is skipped, plainly."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium on this machine: browser tests are skipped (apt-get install chromium)")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for some tests."""
    path = executable()
    with playing() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def playing() -> Iterator[Playwright]:
    """Playwright's loop, in this thread, which Django takes for async code.

    Such code has connections of its own, which nobody outside the loop sees: left open, they would be ended with their
    database between two tests, and the next browser of this process would begin with one that is dead.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            try:
                yield playwright
            finally:
                connections.close_all()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Visitor:
    """One person's browser window; whatever goes wrong in it is remembered."""

    context: BrowserContext
    base: str
    allowed: tuple[str, ...] = ()
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self._console(message.type, message.text, message.location["url"]))
        self.page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))
        self.page.on("request", lambda request: self._request(request.url))

    def _console(self, kind: str, text: str, url: str) -> None:
        if kind == "error" and urlsplit(url).netloc not in self.allowed:
            self.troubles.append(f"console: {text} ({url})")

    def _request(self, url: str) -> None:
        host = urlsplit(url).netloc
        own = urlsplit(self.base).netloc
        if urlsplit(url).scheme in {"http", "https"} and host != own and host not in self.allowed:
            self.troubles.append(f"request to another host: {url}")

    def go(self, path: str) -> Page:
        """Open a page of this host; it must answer 200."""
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        return self.page

    def look(self, name: str) -> None:
        """Keep a picture for people, and check what must hold on every page."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways by {wide} px"
        violations = self.violations()
        assert violations == [], f"{name}: {violations}"

    def violations(self) -> list[str]:
        """What axe-core calls serious on this page."""
        # Through the debugger, not a script tag: the page's own content security policy stays as it is.
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate(AXE_RUN)
        return [
            f"{rule['id']}: {json.dumps([node['target'] for node in rule['nodes']][:3])}"
            for rule in found["violations"]
            if rule["impact"] in SERIOUS
        ]


def visitor(
    browser: Browser, base: str, *, desk: bool = False, elder: bool = False, allowed: tuple[str, ...] = ()
) -> Visitor:
    """A new window at phone or desk width, in elder mode if wanted."""
    context = browser.new_context(viewport=DESK if desk else PHONE, locale="zh-CN")  # type: ignore[arg-type]
    if elder:
        context.add_cookies([{"name": "elder", "value": "1", "url": base}])
    return Visitor(context, base, allowed)
