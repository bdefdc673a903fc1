"""What the relay tells Prometheus: attempts and their time, lag, what waits and what is dead."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

from hub import clock
from hub.outbox.models import Lane
from hub.outbox.rows import Claimed

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)

ATTEMPTS = Counter("hub_outbox_attempts_total", "Attempts to deliver", ["source", "lane", "outcome"])
DURATION = Histogram("hub_outbox_attempt_seconds", "Time a handler took", ["lane"], buckets=_BUCKETS)
LAG = Histogram("hub_outbox_lag_seconds", "From publishing to delivered", ["lane"], buckets=_BUCKETS)
PENDING = Gauge("hub_outbox_pending", "Deliveries waiting", ["source", "lane"], multiprocess_mode="mostrecent")
DEAD = Gauge("hub_outbox_dead", "Dead letters", ["source"], multiprocess_mode="mostrecent")
OLDEST = Gauge(
    "hub_outbox_oldest_seconds", "Age of the oldest delivery that is due", ["source"], multiprocess_mode="mostrecent"
)
UNSEALED = Gauge("hub_audit_unsealed", "Audit entries no seal covers yet", ["source"], multiprocess_mode="mostrecent")
SWEEP = Histogram("hub_relay_sweep_seconds", "Time of one sweep over all schemas")


def forget_queues() -> None:
    """Take back what this process measured of the queues: another relay measures them now, and old figures mislead.

    Processes that share a directory of metrics report the latest of all, so there nothing is old.
    """
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        for gauge in (PENDING, DEAD, OLDEST, UNSEALED):
            gauge.clear()


@dataclass(slots=True)
class Observed:
    """Filled in by the one who ran the attempt."""

    failed: bool = True


@contextmanager
def attempt(source: str, row: Claimed, lane: Lane) -> Iterator[Observed]:
    """Count and time one attempt."""
    observed, begun = Observed(), time.perf_counter()
    try:
        yield observed
    finally:
        DURATION.labels(lane).observe(time.perf_counter() - begun)
        ATTEMPTS.labels(source, lane, "failed" if observed.failed else "delivered").inc()
        if not observed.failed:
            LAG.labels(lane).observe(max(0.0, (clock.now() - row.created_at).total_seconds()))
