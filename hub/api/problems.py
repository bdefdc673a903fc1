"""Problem documents (RFC 9457): how every refusal leaves the API.

`code` is what programs branch on, `detail` what people read (Chinese), `errors` names each input at fault in the
caller's own field names.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response

from hub.errors import Forbidden, HubError, InvalidInput, NotFound, NotSignedIn, TooManyRequests

CONTENT_TYPE = "application/problem+json"
_TYPE = "urn:health-district-hub:problem:"
_log = logging.getLogger(__name__)


class MalformedRequest(HubError):
    """The body is no JSON document, or the wrong kind of body."""

    code = "api.malformed_request"
    status = 400
    text = "请求格式不正确。"


class MethodNotAllowed(HubError):
    """The address exists, the method does not."""

    code = "api.method_not_allowed"
    status = 405
    text = "此地址不支持该请求方法。"


class UnsupportedMediaType(HubError):
    """The body's or answer's media type is not one we speak."""

    code = "api.unsupported_media_type"
    status = 415
    text = "不支持的内容类型，请使用 application/json。"


class InternalError(HubError):
    """Something broke on our side; the cause is in our log under the request number, never in the answer."""

    code = "hub.internal_error"
    status = 500
    text = "系统出错，我们已记录此问题，请稍后再试。"


_TRANSLATED: list[tuple[type[Exception], type[HubError]]] = [
    (drf.ParseError, MalformedRequest),
    (drf.NotAuthenticated, NotSignedIn),
    (drf.AuthenticationFailed, NotSignedIn),
    (drf.PermissionDenied, Forbidden),
    (PermissionDenied, Forbidden),
    (drf.NotFound, NotFound),
    (Http404, NotFound),
    (drf.MethodNotAllowed, MethodNotAllowed),
    (drf.UnsupportedMediaType, UnsupportedMediaType),
    (drf.NotAcceptable, UnsupportedMediaType),
]


def hub_error(problem: Exception) -> HubError:
    """Any exception as the refusal people and programs see."""
    if isinstance(problem, HubError):
        return problem
    if isinstance(problem, drf.ValidationError):
        return InvalidInput(fields=_field_reasons(problem.detail))
    if isinstance(problem, drf.Throttled):
        return TooManyRequests(retry_after=math.ceil(getattr(problem, "wait", None) or 1))
    for known, translated in _TRANSLATED:
        if isinstance(problem, known):
            return translated()
    return InternalError()


def document(problem: HubError, *, instance: str) -> dict[str, Any]:
    """The problem document; `instance` is the request number that staff can look up."""
    body: dict[str, Any] = {
        "type": _TYPE + problem.code,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.text,
        "code": problem.code,
        "instance": instance,
    }
    if problem.fields:
        body["errors"] = [{"field": name, "reason": reason} for name, reason in problem.fields.items()]
    if problem.detail:
        body["context"] = problem.detail
    return body


def headers(problem: HubError) -> dict[str, str]:
    """Headers that belong to the refusal."""
    found = {"Cache-Control": "no-store"}
    if problem.retry_after is not None:
        found["Retry-After"] = str(problem.retry_after)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        found["WWW-Authenticate"] = "Bearer"
    return found


def handle_exception(problem: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: everything a view raises becomes a problem document."""
    error = hub_error(problem)
    if isinstance(error, InternalError):
        _log.error("unhandled error in an API view", exc_info=problem)
    response = Response(
        document(error, instance=request_number(context.get("request"))),
        status=error.status,
        headers=headers(error),
        content_type=CONTENT_TYPE,
    )
    response.exception = True
    return response


def problem_response(problem: HubError, request: HttpRequest) -> JsonResponse:
    """The same document outside DRF: unknown addresses below /api/, middleware refusals."""
    return JsonResponse(
        document(problem, instance=request_number(request)),
        status=problem.status,
        headers=headers(problem),
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


def request_number(request: Any) -> str:
    """The request number given by the observability middleware, as a URN."""
    number = getattr(request, "request_id", "")
    return f"urn:health-district-hub:request:{number}" if number else ""


def _field_reasons(detail: Any, path: str = "") -> dict[str, str]:
    if isinstance(detail, Mapping):
        found: dict[str, str] = {}
        for name, inner in detail.items():
            found.update(_field_reasons(inner, _join(path, str(name))))
        return found
    if isinstance(detail, list) and any(isinstance(inner, Mapping | list) for inner in detail):
        found = {}
        for position, inner in enumerate(detail):
            found.update(_field_reasons(inner, f"{path}[{position}]"))
        return found
    reasons = detail if isinstance(detail, list) else [detail]
    return {path or "body": "；".join(str(reason) for reason in reasons)} if reasons else {}


def _join(path: str, name: str) -> str:
    if name == "non_field_errors":
        return path or "body"
    return f"{path}.{name}" if path else name
