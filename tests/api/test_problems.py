"""Every refusal leaves the API as a problem document (RFC 9457), and none says more than it should."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

CASES = {
    "invalid": (422, "hub.invalid_input"),
    "missing": (404, "hub.not_found"),
    "signed-out": (401, "hub.not_signed_in"),
    "forbidden": (403, "hub.forbidden"),
    "conflict": (409, "hub.conflict"),
    "mismatch": (422, "hub.idempotency_mismatch"),
    "too-many": (429, "hub.too_many_requests"),
    "away": (503, "hub.unavailable"),
    "http404": (404, "hub.not_found"),
    "denied": (403, "hub.forbidden"),
    "crash": (500, "hub.internal_error"),
}


def document(answer: Any) -> dict[str, Any]:
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    body = dict(json.loads(answer.content))
    assert body["status"] == answer.status_code
    assert body["type"].endswith(body["code"])
    assert body["instance"] == "urn:health-district-hub:request:" + answer["X-Request-ID"]
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize("kind", CASES)
def test_each_refusal(probe: Client, kind: str) -> None:
    answer = probe.get(f"/api/probe/fail/{kind}")
    body = document(answer)
    assert (answer.status_code, body["code"]) == CASES[kind]
    assert "secret" not in answer.content.decode()


def test_fields_at_fault_have_the_callers_names(probe: Client) -> None:
    assert document(probe.get("/api/probe/fail/invalid"))["errors"] == [
        {"field": "phone", "reason": "请填写正确的手机号码"}
    ]
    body = {"patient": {"name": "太长的名字了", "phones": ["123", "12345"]}, "amount": 0}
    answer = probe.post("/api/probe/orders", body, content_type="application/json")
    assert answer.status_code == 422
    assert {e["field"] for e in document(answer)["errors"]} == {"patient.name", "patient.phones.1", "amount"}
    over = {"patient": {"name": "张三", "phones": []}, "amount": 101}
    answer = probe.post("/api/probe/orders", over, content_type="application/json")
    assert document(answer)["errors"] == [{"field": "body", "reason": "合计超限"}]


def test_what_a_program_needs_besides_the_text(probe: Client) -> None:
    assert document(probe.get("/api/probe/fail/conflict"))["context"] == {"state": "held"}
    assert probe.get("/api/probe/fail/too-many")["Retry-After"] == "7"
    assert probe.get("/api/probe/fail/signed-out")["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "expected"),
    [
        ("post", "/api/probe/orders", b"{broken", "application/json", (400, "api.malformed_request")),
        ("post", "/api/probe/orders", b"<a/>", "application/xml", (415, "api.unsupported_media_type")),
        ("delete", "/api/probe/orders", b"", "application/json", (405, "api.method_not_allowed")),
        ("get", "/api/probe/nothing", b"", "", (404, "hub.not_found")),
        ("get", "/api/elsewhere", b"", "", (404, "hub.not_found")),
    ],
)
def test_what_the_framework_refuses(
    probe: Client, method: str, path: str, body: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    answer = probe.generic(method.upper(), path, body, content_type=content_type or "application/json")
    assert (answer.status_code, document(answer)["code"]) == expected
