"""Declared permissions, cursor pages, Idempotency-Key, rate limits, OpenAPI."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.checks import Error, run_checks
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV31SpecValidator

from hub.api import throttling
from hub.api.checks import check_declared_permissions
from hub.api.throttling import Rate
from hub.errors import TooManyRequests, Unavailable
from tests.harness.threads import in_threads


def refused_views() -> set[str]:
    return {problem.obj.__name__ for problem in check_declared_permissions() if isinstance(problem, Error)}


def test_a_view_without_a_registered_permission_fails_the_check(probe: Client) -> None:
    assert refused_views() == {"Undeclared", "Misspelt", "Opened"}


def test_every_view_of_the_product_declares_one() -> None:
    assert [p for p in run_checks() if p.id == "hub.api.E001"] == []


@pytest.mark.parametrize("path", ["undeclared", "misspelt"])
def test_such_a_view_answers_nobody(probe: Client, path: str) -> None:
    answer = probe.get(f"/api/probe/{path}")
    assert answer.status_code in (401, 403)
    assert "secret" not in json.loads(answer.content)


def test_a_permission_is_asked_of_everybody(probe: Client) -> None:
    assert probe.get("/api/probe/staff").status_code == 401


def test_pages_follow_one_another_without_gap_or_repeat(probe: Client) -> None:
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        answer = probe.get("/api/probe/orders", {"limit": 20} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["number"] for item in answer["items"]]
        cursor, pages = answer["next"], pages + 1
    assert seen == list(range(45))
    assert pages == 3


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"limit": "-1"}, {"cursor": "made-up"}]
)
def test_pages_that_cannot_be(probe: Client, query: dict[str, str]) -> None:
    answer = probe.get("/api/probe/orders", query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == next(iter(query))


def test_an_altered_cursor_is_refused(probe: Client) -> None:
    cursor = probe.get("/api/probe/orders", {"limit": 5}).json()["next"]
    altered = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    assert probe.get("/api/probe/orders", {"cursor": altered}).status_code == 422


def command(probe: Client, body: str, key: str | None = "0190-aaaa", path: str = "/api/probe/command") -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return probe.post(path, body, content_type="application/json", headers=headers)


def test_the_fingerprint_is_of_method_path_and_content(probe: Client) -> None:
    base = command(probe, '{"a": 1, "b": [2]}').json()
    assert base["key"] == "0190-aaaa"
    assert command(probe, '{"b":[2],"a":1}').json() == base, "spelling is no difference"
    assert command(probe, '{"a": 1, "b": [3]}').json()["fingerprint"] != base["fingerprint"]
    elsewhere = command(probe, '{"a": 1, "b": [2]}', path="/api/probe/command?x=1").json()
    assert elsewhere["fingerprint"] != base["fingerprint"]


@pytest.mark.parametrize("key", [None, "", "short", "x" * 65, "with blank 1", "中文中文中文中文"])
def test_a_command_needs_a_usable_key(probe: Client, key: str | None) -> None:
    answer = command(probe, "{}", key if key is None or key.isascii() else key.encode().decode("latin-1"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.fixture
def small_rate(probe: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(throttling.RATES, "default", Rate(per_minute=60, burst=3))


@pytest.mark.control("8.1.2.1/50")
def test_an_empty_bucket_says_when_to_come_back(probe: Client, small_rate: None) -> None:
    answers = [probe.get("/api/probe/orders") for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
    assert answers[3].json()["code"] == "hub.too_many_requests"
    assert answers[3]["Retry-After"] == "1"


def test_buckets_are_apart_by_address(probe: Client, small_rate: None) -> None:
    for _ in range(4):
        probe.get("/api/probe/orders")
    assert probe.get("/api/probe/orders", REMOTE_ADDR="203.0.113.9").status_code == 200


def test_a_forwarded_address_counts_only_behind_our_own_proxy(probe: Client, small_rate: None, settings: Any) -> None:
    def spoofed(n: int) -> int:
        headers = {"X-Forwarded-For": f"198.51.100.{n}, 10.0.0.{n}"}
        return int(probe.get("/api/probe/orders", headers=headers).status_code)

    assert 429 in [spoofed(n) for n in range(5)]
    settings.HUB_TRUSTED_PROXIES = 1
    assert [spoofed(n) for n in range(5)] == [200] * 5


@pytest.mark.control("8.1.2.1/50")
@pytest.mark.race
def test_many_processes_share_one_bucket(probe: Client, small_rate: None) -> None:
    def attempt(_number: int) -> bool:
        try:
            throttling.take("default", "account:x")
        except TooManyRequests:
            return False
        return True

    assert sum(in_threads(12, attempt)) == 3


def test_rates_are_configuration(probe: Client, settings: Any) -> None:
    settings.HUB_RATES = {"booking": "6/2"}
    assert throttling.rate_of("booking") == Rate(per_minute=6, burst=2)


def test_without_redis_sign_in_is_closed_and_reading_goes_on(probe: Client, settings: Any) -> None:
    settings.HUB_REDIS_URL = "redis://127.0.0.1:1/0"
    throttling.take("default", "account:x")
    for scope in ("auth.code", "auth.token", "auth.staff", "reveal"):
        with pytest.raises(Unavailable):
            throttling.take(scope, "ip:x")


def test_the_schema_is_openapi_3_1_and_says_the_conventions(client: Client) -> None:
    schema = client.get("/api/schema.json", headers={"Accept": "application/json"}).json()
    OpenAPIV31SpecValidator(schema).validate()
    assert schema["openapi"].startswith("3.1")
    codes = schema["paths"]["/api/resident/v1/auth/codes"]["post"]
    assert codes["responses"]["429"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    assert codes.get("security", []) == []
    me = schema["paths"]["/api/resident/v1/auth/me"]["get"]
    assert me["security"] == [{"token": []}]
    assert "401" in me["responses"]
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_idempotency_and_pages_are_in_the_schema(probe: Client, settings: Any) -> None:
    schema = SchemaGenerator(urlconf="tests.api.probe").get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    orders = schema["paths"]["/api/probe/orders"]
    (key,) = [p for p in orders["put"]["parameters"] if p["in"] == "header"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", True)
    assert {p["name"] for p in orders["get"]["parameters"]} == {"cursor", "limit"}
