"""Pages: a refusal is a page with a code, never a stack trace; who is not signed in is led to the right door."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from hub.errors import Conflict, NotSignedIn, TooManyRequests

handler404 = "hub.api.middleware.not_found"
handler500 = "hub.api.middleware.server_error"

FAILURES: dict[str, Exception] = {
    "conflict": Conflict("该号已被他人预约。"),
    "busy": TooManyRequests(retry_after=5),
    "crash": RuntimeError("secret detail"),
    "out": NotSignedIn(),
}


def fail(_request: HttpRequest, kind: str) -> HttpResponse:
    """Raise what the address names."""
    raise FAILURES[kind]


urlpatterns = [
    path("fail/<str:kind>", fail),
    path("workspace/fail/<str:kind>", fail),
    path("district/fail/<str:kind>", fail),
    path("signin", fail, {"kind": "conflict"}, name="signin"),
]


@pytest.fixture
def pages(settings: Any) -> Client:
    settings.ROOT_URLCONF = "tests.api.test_error_pages"
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {"portal/error.html": "{{ error.text }}|{{ error.code }}|{{ request_id }}"},
                    )
                ]
            },
        }
    ]
    return Client(SERVER_NAME="localhost", raise_request_exception=False)


@pytest.mark.parametrize(
    ("kind", "status", "code", "text"),
    [
        ("conflict", 409, "hub.conflict", "该号已被他人预约。"),
        ("busy", 429, "hub.too_many_requests", "操作太频繁"),
        ("crash", 500, "hub.internal_error", "系统出错"),
    ],
)
def test_a_refusal_is_a_page(pages: Client, kind: str, status: int, code: str, text: str) -> None:
    answer = pages.get(f"/fail/{kind}")
    shown = answer.content.decode()
    assert answer.status_code == status
    assert text in shown
    assert f"|{code}|{answer['X-Request-ID']}" in shown
    assert "secret" not in shown


def test_an_unknown_address_is_a_page_or_below_api_a_problem(pages: Client) -> None:
    assert "hub.not_found" in pages.get("/nowhere").content.decode()
    assert pages.get("/api/nowhere")["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("address", "door"),
    [
        ("/fail/out", "/signin?next=%2Ffail%2Fout"),
        ("/workspace/fail/out", "/desk/signin?next=%2Fworkspace%2Ffail%2Fout"),
        ("/district/fail/out", "/desk/signin?next=%2Fdistrict%2Ffail%2Fout"),
    ],
)
def test_who_is_not_signed_in_is_led_to_the_door(pages: Client, address: str, door: str) -> None:
    answer = pages.get(address)
    assert (answer.status_code, answer["Location"]) == (302, door)
    by_script = pages.get(address, headers={"HX-Request": "true"})
    assert (by_script.status_code, by_script["HX-Redirect"]) == (204, door)


def test_a_post_without_sign_in_is_refused_not_redirected(pages: Client) -> None:
    assert pages.post("/fail/out").status_code == 401
