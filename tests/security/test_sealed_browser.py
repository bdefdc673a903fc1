"""Sealed values in real Chromium: nothing in clear on the wire, one field opened by one act."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import unquote_plus
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from playwright.sync_api import Page, expect

from hub.security.roles import Role
from hub.tenancy.scope import hospital
from tests.accounts.people import make_staff
from tests.harness.browser import chromium
from tests.security.sealed_site import NAME, PHONE
from tests.security.test_sealed import signed_in_browser

pytestmark = pytest.mark.browser
CLEAR = (PHONE.removeprefix("+86"), NAME)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Nothing on stderr."""


def _recording(application: WSGIApplication, wire: list[str]) -> WSGIApplication:
    """Keeps everything that goes over the wire: request bodies and answers."""

    def call(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        posted = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(posted)
        answer = application(environ, start)
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        wire.extend([unquote_plus(posted.decode()), body.decode("utf-8", "replace")])
        return [body]

    return call


@contextmanager
def site(wire: list[str]) -> Iterator[int]:
    application = _recording(get_wsgi_application(), wire)
    with make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@contextmanager
def page_of(alpha: str, port: int, *, scripts: bool) -> Iterator[Page]:
    member = make_staff(hospital=alpha, roles=(Role.RECEPTION,))
    cookie = signed_in_browser(member, f"{alpha}.localhost").cookies["sessionid"].value
    with chromium() as browser:
        context = browser.new_context(java_script_enabled=scripts)
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": f"http://{alpha}.localhost:{port}"}])
        yield context.new_page()


def reveals(code: str) -> list[str]:
    with hospital(code, read_only=True), connections["hospital"].cursor() as cursor:
        cursor.execute("SELECT target FROM hospital_audit WHERE action = 'security.revealed' ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def wire() -> list[str]:
    return []


@pytest.fixture
def port(alpha: str, settings: Any, wire: list[str]) -> Iterator[int]:
    settings.ROOT_URLCONF = "tests.security.sealed_site"
    with site(wire) as number:
        yield number


@pytest.mark.control("CES1-27/39")
def test_a_field_opens_by_a_click_and_nothing_travels_in_clear(alpha: str, port: int, wire: list[str]) -> None:
    with page_of(alpha, port, scripts=True) as page:
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(f"http://{alpha}.localhost:{port}/probe/sealed")
        assert page.locator("#phone .sealed-text").inner_text() == "138****1234"
        page.locator("#phone .sealed-open").click()
        expect(page.locator("#phone .sealed-text")).to_have_text(PHONE)
        assert page.locator("#name .sealed-text").inner_text() == "张*三"
    assert problems == []
    assert len(wire) >= 3
    assert not [text for text in wire if any(clear in text for clear in CLEAR)]
    assert reveals(alpha) == ["person.phone:p1"]


def test_what_is_typed_leaves_the_page_sealed(alpha: str, port: int, wire: list[str]) -> None:
    with page_of(alpha, port, scripts=True) as page:
        page.goto(f"http://{alpha}.localhost:{port}/probe/sealed")
        page.locator("#typed").fill("欧阳小三")
        page.locator("button[type=submit]").click()
        expect(page.locator("#received")).to_have_text("欧*三")
    assert any("name=sealed1." in text for text in wire)
    assert not [text for text in wire if "欧阳" in text]
    assert reveals(alpha) == []


def test_without_scripts_the_masked_value_stays(alpha: str, port: int) -> None:
    with page_of(alpha, port, scripts=False) as page:
        page.goto(f"http://{alpha}.localhost:{port}/probe/sealed")
        assert page.locator("#phone .sealed-text").inner_text() == "138****1234"
        assert not page.locator("#phone .sealed-open").is_visible()
        assert not [clear for clear in CLEAR if clear in page.content()]
