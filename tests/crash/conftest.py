"""Relays as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.harness.anchors import forget_anchors

StartRelay = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(autouse=True)
def no_anchors() -> None:
    """No audit anchors of earlier tests."""
    forget_anchors()


@pytest.fixture
def start_relay(committed: None) -> Iterator[StartRelay]:
    """`start_relay(die_at="...", **environment)`: a relay with short leases; killed at the end of the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*, die_at: str = "", **environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.relay_process"],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "hub.settings",
                "PROBE_DIE_AT": die_at,
                "HUB_RELAY_INTERNAL_LEASE": "1",
                "HUB_RELAY_OUTSIDE_LEASE": "7",
                "HUB_RELAY_SWEEP": "1",
                "HUB_DB_POOL": "8",
                **environment,
            },
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(10)


def eventually(holds: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait until `holds()`, or fail."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)
