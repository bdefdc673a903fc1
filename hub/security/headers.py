"""Security headers of every answer: no inline scripts, nothing from elsewhere, nothing framed, nothing cached."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_STATIC = "/static/"
_HSTS = "max-age=31536000; includeSubDomains"
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}


# For the pages that ask where somebody is: a view sets it on its own answer, everywhere else browsers refuse.
WITH_PLACE = {"Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"}


def content_security_policy() -> str:
    """The policy; `HUB_CSP_CONNECT` adds origins for server-sent events, `HUB_CSP_FORM` origins forms may post to."""
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *settings.HUB_CSP_CONNECT],
        "form-action": ["'self'", *settings.HUB_CSP_FORM],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


class SecurityHeadersMiddleware:
    """Sets the headers; a view may set its own Cache-Control, everything else says no-store."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._policy = content_security_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in _FIXED.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", self._policy)
        if settings.SECURE_COOKIES:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        if not request.path.startswith(_STATIC):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
