"""A resident's pages in Chromium: names and numbers travel sealed both ways, and are shown where they should be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.backends.cache import SessionStore
from django.db import connections
from django.http import HttpRequest
from playwright.sync_api import Page, expect

from hub.accounts import sessions, steps
from hub.accounts.models import SignInMethod
from hub.accounts.results import Client as Device
from hub.actor import system_actor
from hub.tenancy.scope import REGION, region
from hub.work import work
from tests.harness.browser import chromium
from tests.harness.threads import in_threads
from tests.security.test_sealed_browser import site

pytestmark = pytest.mark.browser
NAME, NUMBER, PHONE = "顾听澜", "310106199003077335", "13812345678"


def resident_cookie() -> str:
    """A signed-in resident's session."""
    with work(REGION, actor=system_actor("测试")) as unit:
        user = steps.create_resident(unit, display_name="138****1234")
        client = Device(binding="b", device="d")
        signed_in = steps.open_sign_in(unit, user=user, method=SignInMethod.PHONE, client=client, new_account=True)
    request = HttpRequest()
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    request.session = SessionStore()
    sessions.open_session(request, signed_in)
    request.session.save()
    return str(request.session.session_key)


@pytest.fixture
def wire() -> list[str]:
    return []


@pytest.fixture
def page(committed: None, settings: Any, wire: list[str]) -> Iterator[Page]:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    cookie = resident_cookie()
    with site(wire) as port, chromium() as browser:
        context = browser.new_context(base_url=f"http://localhost:{port}")
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": f"http://localhost:{port}"}])
        yield context.new_page()


def in_clear(wire: list[str]) -> list[str]:
    return [text[:200] for text in wire if any(secret in text for secret in (NAME, NUMBER, PHONE))]


def revealed() -> list[str]:
    with region(read_only=True), connections["default"].cursor() as cursor:
        cursor.execute("SELECT target FROM region_audit WHERE action = 'security.revealed'")
        return [row[0].partition(":")[0] for row in cursor.fetchall()]


def everything_stored() -> list[str]:
    """Every row of every table of the public schema, as text."""
    rows: list[str] = []
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM public.{table} t")
            rows += [row[0] for row in cursor.fetchall()]
    return rows


def fill(page: Page, number: str) -> None:
    page.locator("[name=name]").fill(NAME)
    page.locator("[name=document_number]").fill(number)
    page.locator("[name=phone]").fill(PHONE)
    for box in page.locator("[name=consents]:visible").all():
        box.check()
    page.locator("main button.primary[type=submit], form.stack button.primary[type=submit]").first.click()


@pytest.mark.requirement("JA-APPT-05", "WX-SEC-02", "BQ-SEC-01")
def test_a_person_is_added_and_read_without_a_word_in_clear(page: Page, wire: list[str]) -> None:
    page.goto("/me/people/new")
    page.locator("[name=kind]").select_option("self")
    fill(page, NUMBER[:-1] + "0")  # the check digit is wrong: the form comes back
    expect(page.locator(".error").first).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value(NAME)
    expect(page.locator("[name=document_number]")).to_have_value(NUMBER[:-1] + "0")
    page.route("**/me/people", lambda route: route.abort())  # the page's own polling would mask the field again
    fill(page, NUMBER)
    expect(page.get_by_text("顾*澜").first).to_be_visible()
    number = page.locator(".sealed", has_text="310***********7335")
    number.locator(".sealed-open").click()
    expect(page.get_by_text(NUMBER)).to_be_visible()
    assert len(wire) > 5
    assert in_clear(wire) == []
    assert in_threads(1, lambda _number: revealed()) == [["person.document"]]
    [rows] = in_threads(1, lambda _number: everything_stored())
    assert len(rows) > 20
    assert in_clear(rows) == []
    assert [row for row in rows if any(s.encode().hex() in row for s in (NAME, NUMBER, PHONE))] == []
