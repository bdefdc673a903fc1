"""Processes that answer no request are scraped all the same, as the chart's probes and alerts rely on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client import generate_latest

from hub.celery import app
from hub.outbox import metrics, wake
from hub.outbox.relay import Relay
from tests.harness.environment import ROOT
from tests.harness.outside import free_port


@contextmanager
def process(*command: str, **variables: str) -> Iterator[None]:
    """A process of the hub with the tests' services; ended afterwards."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings", "HUB_DB_POOL": "2", **variables}
    running = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)


def scraped_until(port: int, wanted: str, seconds: float = 60) -> str:
    """The exposition once it holds `wanted`."""
    end, text = time.monotonic() + seconds, ""
    while time.monotonic() < end:
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
                text = answer.read().decode()
        except URLError:
            text = ""
        if wanted in text:
            return text
        time.sleep(0.3)
    raise AssertionError(f"{wanted} is not in the metrics: {text[-2000:]}")


def test_a_worker_counts_what_its_children_ended(committed: None, tmp_path: Path) -> None:
    port = free_port()
    worker = ("-m", "celery", "-A", "hub.celery", "worker", "--queues=sweeps", "--concurrency=1", "--without-mingle")
    with process(*worker, HUB_METRICS_PORT=str(port), PROMETHEUS_MULTIPROC_DIR=str(tmp_path)):
        app.send_task("booking.sweep")
        scraped_until(port, 'hub_tasks_total{outcome="success",task="booking.sweep"} 1.0')


def test_the_listener_can_be_seen_to_live(committed: None) -> None:
    port, mllp = free_port(), free_port()
    listener = ("manage.py", "hl7_listener", f"--listen=127.0.0.1:{mllp}")
    with process(*listener, HUB_METRICS_PORT=str(port)):
        scraped_until(port, "# TYPE hub_connector_calls_total counter")


def test_a_relay_that_does_not_measure_reports_no_old_figures(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    relay = Relay()
    metrics.DEAD.labels("gone").set(7)
    monkeypatch.setattr(wake, "lead", lambda *_: False)
    relay._sweep()
    assert b'hub_outbox_dead{source="gone"}' not in generate_latest()
    monkeypatch.setattr(wake, "lead", lambda *_: True)
    relay._sweep()
    assert b'hub_outbox_dead{source="region"}' in generate_latest()
