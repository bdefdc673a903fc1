"""What the connectors tell Prometheus: calls, their time and outcome per hospital, clocks that are wrong."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from institution_connectors.contracts import Answer

CALLS = Counter(
    "hub_connector_calls_total", "Calls to hospitals", ["hospital", "dialect", "operation", "outcome", "reason"]
)
SECONDS = Histogram(
    "hub_connector_call_seconds",
    "Time of a call to a hospital",
    ["hospital"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
SKEW = Gauge(
    "hub_connector_clock_skew_seconds", "How wrong a hospital's clock is", ["hospital"], multiprocess_mode="mostrecent"
)


def count(hospital: str, dialect: str, operation: str, answer: Answer, seconds: float) -> None:
    """One call that ended."""
    CALLS.labels(hospital, dialect, operation, answer.outcome, answer.reason).inc()
    SECONDS.labels(hospital).observe(seconds)
