"""HTML pages for refusals: what happened, what to do, and a code staff can look up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from hub.api.problems import InternalError, headers, hub_error, problem_response
from hub.errors import HubError, NotSignedIn

_API = "/api/"
_STAFF = ("/workspace/", "/district/", "/desk/")
_log = logging.getLogger(__name__)


class ErrorPageMiddleware:
    """Turns what a page view raises into `portal/error.html`; who is not signed in is led to the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Django calls this with whatever a view raised."""
        error = hub_error(problem)
        if isinstance(error, InternalError):
            _log.error("unhandled error in a page", exc_info=problem)
        return error_response(request, error)


def error_response(request: HttpRequest, error: HubError) -> HttpResponse:
    """The refusal in the form the caller reads: problem document below /api/, else a page."""
    if request.path.startswith(_API):
        return problem_response(error, request)
    if isinstance(error, NotSignedIn) and request.method in ("GET", "HEAD"):
        return _to_sign_in(request)
    context = {"error": error, "fields": error.fields, "request_id": getattr(request, "request_id", "")}
    response = render(request, "portal/error.html", context, status=error.status)
    for name, value in headers(error).items():
        response.headers[name] = value
    return response


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    target = sign_in_path(request) + "?" + urlencode({"next": request.get_full_path()})
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def sign_in_path(request: HttpRequest) -> str:
    """The sign-in page of the side the reader is on."""
    staff = getattr(request, "hospital", None) or request.path.startswith(_STAFF)
    return "/desk/signin" if staff else "/signin"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: an address that no route answers."""
    return error_response(request, hub_error(exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: what no other middleware caught."""
    return error_response(request, InternalError())
