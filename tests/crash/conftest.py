"""Relays as processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from tests.crash import relay_process
from tests.harness.anchors import forget_anchors

StartRelay = Callable[..., ForkServerProcess]
_SHORT = {
    "DJANGO_SETTINGS_MODULE": "hub.settings",
    "HUB_RELAY_INTERNAL_LEASE": "1",
    "HUB_RELAY_OUTSIDE_LEASE": "7",
    "HUB_DB_POOL": "8",
}


@pytest.fixture(scope="session")
def server() -> ForkServerContext:
    """The process relays are forked from; short leases, so that a dead relay's rows come back soon."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.relay_process"])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _SHORT.items():
            patch.setenv(name, value)
        first = context.Process(target=os.getpid)
        first.start()
        first.join(60)
    return context


@pytest.fixture(autouse=True)
def no_anchors() -> None:
    """No audit anchors of earlier tests."""
    forget_anchors()


@pytest.fixture
def start_relay(committed: None, server: ForkServerContext, tmp_path: Path) -> Iterator[StartRelay]:
    """`start_relay(die_at="...", sweep=1)`: a relay; killed at the end of the test."""
    started: list[ForkServerProcess] = []

    def start(*, die_at: str = "", outside: str = os.devnull, sweep: int = 1) -> ForkServerProcess:
        process = server.Process(target=relay_process.run, args=(die_at, outside, sweep))
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join(10)


def exit_code(process: ForkServerProcess, *, seconds: float = 30.0) -> int | None:
    """How the process ended, or None if it has not."""
    process.join(seconds)
    return process.exitcode


def eventually(holds: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait until `holds()`, or fail."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)
