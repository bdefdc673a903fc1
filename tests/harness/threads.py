"""Threads for race tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def in_threads(count: int, work: Callable[[int], T]) -> list[T]:
    """Call `work(0) ... work(count - 1)`, one thread each, started together; their results in that order.

    At most `environment.POOL` threads, unless the work closes its connections after each scope. Each thread gives its
    connections back. An exception of a thread is raised here.
    """
    start = threading.Barrier(count)

    def run(number: int) -> T:
        start.wait(30)
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(run, range(count)))
