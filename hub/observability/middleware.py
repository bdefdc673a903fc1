"""The outermost middleware: request id, log context, one access line and the request metrics."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from hub import ids
from hub.observability import context, metrics

log = logging.getLogger("hub.access")
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_QUIET_ROUTES = frozenset({"healthz", "readyz", "metrics"})


class RequestContextMiddleware:
    """Gives each request an id (or keeps a caller's well-formed one) and says afterwards what became of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer `request` inside its log context."""
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _ACCEPTED_ID.fullmatch(offered) else str(ids.uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]
        started = time.perf_counter()
        with context.bound(request_id=request_id, request=request):
            response = self._get_response(request)
            _account(request, response, time.perf_counter() - started)
        response.headers["X-Request-ID"] = request_id
        return response


def _account(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Count and log by route pattern: a path may hold ids, a pattern never does."""
    match = request.resolver_match
    route = match.route if match else "unmatched"
    method = request.method if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} else "OTHER"
    metrics.requests_total.labels(method, route, str(response.status_code)).inc()
    metrics.request_seconds.labels(route).observe(seconds)
    if route not in _QUIET_ROUTES:
        log.info(
            "request answered",
            extra={
                "method": method,
                "route": route,
                "status": response.status_code,
                "duration_ms": round(seconds * 1000, 1),
            },
        )
