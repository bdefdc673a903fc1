"""The city's identity service: does this name belong to this document? Called by an OUTSIDE handler only."""

from __future__ import annotations

import hmac
import json
from functools import lru_cache
from uuid import UUID

import httpx
from django.conf import settings

from hub.outgoing import http as outgoing
from hub.security.keyring import ring
from regional_services.identity.models import CheckState

SECRET = "outside.city_identity"  # noqa: S105 (a reference, not a secret)
_RESULTS = {"match": CheckState.MATCH, "mismatch": CheckState.MISMATCH, "absent": CheckState.ABSENT}


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return outgoing.client(timeout=httpx.Timeout(8, connect=2))


def check_name(*, request_id: UUID, name: str, document_type: str, document_number: str) -> CheckState:
    """MATCH, MISMATCH or ABSENT; UNKNOWN for everything that is not one of these answers (DESIGN promise 4).

    A question changes nothing there, so asking again under the same number is always safe.
    """
    body = json.dumps(
        {
            "name": name,
            "document_type": document_type,
            "document_number": document_number,
            "request_id": str(request_id),
        },
        ensure_ascii=False,
    ).encode()
    signature = hmac.digest(ring().secret(SECRET), body, "sha256").hex()
    try:
        response = _http().post(
            f"{settings.HUB_OUTSIDE['city_identity']}/v1/real-name-check",
            content=body,
            headers={"Content-Type": "application/json", "X-Signature": signature},
        )
        answer = response.json() if response.status_code == httpx.codes.OK else {}
    except (httpx.HTTPError, ValueError):
        return CheckState.UNKNOWN
    return _RESULTS.get(str(answer.get("result")) if isinstance(answer, dict) else "", CheckState.UNKNOWN)
