"""Health, readiness and metrics over HTTP."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from hub.observability import heartbeat, metrics


def test_healthz_asks_nobody(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.control("8.1.5.4/57")
def test_readyz_names_each_part_and_notices_a_silent_relay(committed: None, client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "checks": {
            "database": "ok",
            "hospital_database": "ok",
            "redis": "ok",
            "objects": "ok",
            "relay": "failed",
        },
    }
    heartbeat.beat("relay")
    assert client.get("/readyz").json()["status"] == "ready"


def test_readyz_refuses_requests_without_redis(
    committed: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HUB_REDIS_URL", "redis://127.0.0.1:9/0")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"] == "failed"


def test_metrics_count_by_route_and_not_by_path(client: Client) -> None:
    client.get("/healthz")
    client.get("/no-such-page/13812345678")
    text = client.get("/metrics").content.decode()
    assert 'hub_http_requests_total{method="GET",route="healthz",status="200"}' in text
    assert 'route="unmatched",status="404"' in text
    assert "13812345678" not in text


@pytest.mark.parametrize(
    ("source", "headers", "answer"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.1.2.3", {}, 200),
        ("192.0.2.1", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.1"}, 404),
    ],
)
def test_metrics_are_for_the_machine_and_configured_networks(
    client: Client, monkeypatch: pytest.MonkeyPatch, source: str, headers: dict[str, str], answer: int
) -> None:
    monkeypatch.setattr(settings, "HUB_METRICS_NETWORKS", ["10.0.0.0/8"])
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=source).status_code == answer


def test_metrics_of_several_processes_add_up(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert metrics.exposition() == b""  # no process has written there yet; ours began without the directory
