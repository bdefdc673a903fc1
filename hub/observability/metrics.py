"""Prometheus metrics, right also with several worker processes.

With PROMETHEUS_MULTIPROC_DIR set (the supervisor and the chart set it) each process writes its own file and a scrape
adds them up. Labels are routes and codes, never values from a request.
"""

from __future__ import annotations

import ipaddress
import os

from django.conf import settings
from django.http import HttpRequest
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

requests_total = Counter("hub_http_requests_total", "Answered requests", ["method", "route", "status"])
tasks_total = Counter("hub_tasks_total", "Tasks a worker has ended", ["task", "outcome"])
security_flags_total = Counter("hub_security_flags_total", "Flags raised for the security administrator", ["kind"])
request_seconds = Histogram(
    "hub_http_request_seconds",
    "Time from the first middleware to the answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def _all_processes() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def exposition() -> bytes:
    """All metrics of all processes in the standard text form."""
    return generate_latest(_all_processes())


def serve() -> None:
    """Let processes that answer no request be scraped, and seen to live, at HUB_METRICS_PORT (0: not at all)."""
    if settings.HUB_METRICS_PORT:
        start_http_server(settings.HUB_METRICS_PORT, registry=_all_processes())


def may_scrape(request: HttpRequest) -> bool:
    """Only loopback and the configured networks, and never through a proxy that speaks for somebody else."""
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        source = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return source.is_loopback or any(source in ipaddress.ip_network(net) for net in settings.HUB_METRICS_NETWORKS)
