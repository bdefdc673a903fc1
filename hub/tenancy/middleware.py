"""Which hospital's host a request came in on, from memory."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotFound

from hub.tenancy.context import on_host
from hub.tenancy.errors import UnknownHospital
from hub.tenancy.registry import tenant_of_host


class HospitalHostMiddleware:
    """Sets `request.hospital`: the code on `<code>.<base host>` and a hospital's own domains, None on the hub's host.

    Any other host is 404, unless ALLOWED_HOSTS names it in full. On a hospital's host, scopes and the region's
    row-level security follow (`scope.py`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Route one request."""
        try:
            code = self._hospital(request.get_host())
        except UnknownHospital as problem:  # a page of ours would lead on to hosts that lead nowhere
            return HttpResponseNotFound(problem.text, content_type="text/plain; charset=utf-8")
        request.hospital = code  # type: ignore[attr-defined]
        with on_host(code):
            return self.get_response(request)

    def _hospital(self, host: str) -> str | None:
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.lower().rstrip(".")
        if name == settings.BASE_HOST:
            return None
        info = tenant_of_host(name)
        if info is not None:
            return info.code
        if name in settings.ALLOWED_HOSTS:
            return None
        raise UnknownHospital
