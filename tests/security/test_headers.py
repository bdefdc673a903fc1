"""Headers of every answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from hub.security.headers import SecurityHeadersMiddleware, content_security_policy


def directives(policy: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in policy.split(";")}


def answer(path: str = "/", **headers: str) -> HttpResponse:
    return SecurityHeadersMiddleware(lambda _request: HttpResponse(headers=headers))(RequestFactory().get(path))


def test_no_inline_and_no_foreign_code() -> None:
    policy = content_security_policy()
    assert "unsafe" not in policy
    assert "*" not in policy
    found = directives(policy)
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == ["'self'"]
    assert found["frame-ancestors"] == found["base-uri"] == found["object-src"] == ["'none'"]


def test_event_streams_and_the_cashier_are_let_in_by_configuration(settings: Any) -> None:
    settings.HUB_CSP_CONNECT = ["http://localhost:8001"]
    settings.HUB_CSP_FORM = ["http://127.0.0.1:8101"]
    found = directives(content_security_policy())
    assert found["connect-src"] == ["'self'", "http://localhost:8001"]
    assert found["form-action"] == ["'self'", "http://127.0.0.1:8101"]
    assert found["script-src"] == ["'self'"]


@pytest.mark.control("CES1-33/47")
def test_headers_of_a_page() -> None:
    headers = answer().headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


@pytest.mark.control("CES1-03/7")
def test_https_is_remembered_where_the_hub_is_served_by_https(settings: Any) -> None:
    settings.SECURE_COOKIES = True
    assert "max-age=31536000" in answer().headers["Strict-Transport-Security"]


def test_static_files_and_views_that_say_so_may_be_kept() -> None:
    assert "Cache-Control" not in answer("/static/portal/app.css").headers
    assert answer("/", **{"Cache-Control": "max-age=60"}).headers["Cache-Control"] == "max-age=60"


@pytest.mark.parametrize("path", ["/api/resident/v1/auth/me", "/no-such-page", "/api/nothing"])
def test_refusals_carry_them_too(client: Client, committed: None, settings: Any, path: str) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # no collected files are needed here
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    refused = client.get(path)
    assert refused.status_code in (401, 404)
    assert refused["Content-Security-Policy"] == content_security_policy()
    assert refused["Cache-Control"] == "no-store"


def test_our_scripts_and_templates_have_no_inline_code() -> None:
    root = Path(__file__).resolve().parents[2]
    for template in [*root.glob("portal/templates/**/*.html"), *root.glob("hub/**/templates/**/*.html")]:
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text), template
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), template
        assert not re.search(r"\sstyle\s*=\s*[\"']", text), template
        assert "<style" not in text, template
