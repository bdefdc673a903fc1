"""Counts every answered request for the running log."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from hub.running import faults, usage

_QUIET = frozenset({"healthz", "readyz", "metrics"})


class UsageMiddleware:
    """Who used which function, how long it took, and whether it broke."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and count by route pattern: a path may hold ids, a pattern never does."""
        started = time.perf_counter()
        answer = self._get_response(request)
        match = request.resolver_match
        if match is not None and match.route not in _QUIET:
            seconds = time.perf_counter() - started
            if usage.note(request, route=match.route, status=answer.status_code, seconds=seconds):
                _take_in()
        return answer


def _take_in() -> None:
    with suppress(DatabaseError):  # it is still away: the files wait on
        faults.take_in()
