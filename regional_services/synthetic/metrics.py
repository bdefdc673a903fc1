"""What the synthetic resident tells Prometheus."""

from __future__ import annotations

import time

from prometheus_client import Counter, Gauge, Histogram

from regional_services.synthetic.models import SERVICE_OF
from regional_services.synthetic.visit import Visit

RUNS = Counter("hub_synthetic_runs_total", "Visits of the synthetic resident", ["hospital", "outcome"])
UP = Gauge(
    "hub_synthetic_up", "1 when the last visit went well, 0 when not", ["hospital"], multiprocess_mode="mostrecent"
)
LAST = Gauge(
    "hub_synthetic_last_seconds", "When a visit last ended (Unix time)", ["hospital"], multiprocess_mode="mostrecent"
)
ROUND = Gauge("hub_synthetic_alive_seconds", "When the process last looked (Unix time)", multiprocess_mode="mostrecent")
STEP = Histogram(
    "hub_synthetic_step_seconds",
    "Time of a step",
    ["service", "step"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)


def note(visit: Visit) -> None:
    """One visit that ended."""
    code, good = visit.plan.hospital, visit.failed is None
    RUNS.labels(code, "ok" if good else "failed").inc()
    UP.labels(code).set(1 if good else 0)
    LAST.labels(code).set(time.time())
    for step in visit.steps:
        STEP.labels(SERVICE_OF[step.name], step.name).observe(step.ms / 1000)


def forget(hospital: str) -> None:
    """A hospital that is paused or gone raises no alarm."""
    for gauge in (UP, LAST):
        gauge.remove(hospital)
