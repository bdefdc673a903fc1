"""What payments tell Prometheus beside the figures of their rows."""

from __future__ import annotations

from prometheus_client import Gauge

CHANNEL_SKEW = Gauge(
    "hub_channel_clock_skew_seconds",
    "How far the hub's clock is ahead of a payment channel's, by the Date of its answers",
    ["channel"],
    multiprocess_mode="mostrecent",
)
