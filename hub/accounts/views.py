"""The session's own small endpoint: the key of one sealed value, handed out by an audited act."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from hub.accounts.services.reveal import key_of_sealed_value
from hub.api.problems import MalformedRequest, problem_response
from hub.errors import HubError


@require_POST
def sealed_key(request: HttpRequest) -> HttpResponse:
    """POST {label, salt, purpose: open|seal} -> {key}. Problem documents on refusal: the caller is our script."""
    try:
        body = json.loads(request.body)
        label, salt, purpose = str(body["label"]), str(body["salt"]), str(body["purpose"])
    except (ValueError, KeyError, TypeError):
        return problem_response(MalformedRequest(), request)
    try:
        key = key_of_sealed_value(
            actor=getattr(request, "actor", None),
            session=request.session,
            label=label,
            salt=salt,
            opens=purpose != "seal",
        )
    except HubError as problem:
        return problem_response(problem, request)
    return JsonResponse({"key": key}, headers={"Cache-Control": "no-store"})
