"""The data foundation: batches of CloudEvents over HTTP, signed by HMAC. For an OUTSIDE handler only.

POST {address}/api/events, a JSON array of CloudEvents (`application/cloudevents-batch+json`), `X-Signature` the hex
HMAC-SHA256 of the body. It answers {"results": [{"id", "outcome": "accepted" | "rejected", "reason"}]}; an id it has
already is accepted. What it does not answer so is unknown, and is sent again under the same id.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from hub.outgoing import http as outgoing
from hub.security.keyring import ring

SECRET = "outside.data_foundation"  # noqa: S105 (a reference, not a secret)
PATIENCE = 10.0  # seconds a call may take altogether
_NOT_TAKEN = frozenset({400, 413, 422})  # the content is at fault: nothing would change if it were sent again


class Unanswered(Exception):
    """No definite answer about all of what was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the foundation said of one event."""

    is_accepted: bool
    reason: str = ""


def is_configured() -> bool:
    """Whether this district hands over to a data foundation."""
    return bool(settings.HUB_OUTSIDE.get("data_foundation"))


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return outgoing.client(timeout=httpx.Timeout(PATIENCE - 2, connect=2))


def send(events: Sequence[Mapping[str, Any]]) -> dict[str, Answer]:
    """Hand events over; the definite answers by event id, perhaps not all. Unanswered where there is none at all."""
    if not is_configured():
        raise Unanswered("no address")
    raw = json.dumps(list(events), ensure_ascii=False, cls=DjangoJSONEncoder).encode()
    signature = hmac.digest(ring().secret(SECRET), raw, "sha256").hex()
    headers = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8", "X-Signature": signature}
    try:
        response = _http().post(f"{settings.HUB_OUTSIDE['data_foundation']}/api/events", content=raw, headers=headers)
        answer = response.json() if response.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError) as problem:
        raise Unanswered(type(problem).__name__) from problem
    if response.status_code in _NOT_TAKEN and len(events) == 1:
        return {str(events[0]["id"]): Answer(False, f"HTTP {response.status_code}")}
    if response.status_code in _NOT_TAKEN:  # one of them is at fault, and must not hold up the others
        return {name: answer for event in events for name, answer in send([event]).items()}
    read = _read(answer, {str(event["id"]) for event in events})
    if not read:
        raise Unanswered(f"HTTP {response.status_code}")
    return read


def _read(answer: object, asked: set[str]) -> dict[str, Answer]:
    results = answer.get("results") if isinstance(answer, dict) else None
    found: dict[str, Answer] = {}
    for row in results if isinstance(results, list) else ():
        name = str(row.get("id", "")) if isinstance(row, dict) else ""
        if name in asked and row.get("outcome") in {"accepted", "rejected"}:
            found[name] = Answer(row["outcome"] == "accepted", str(row.get("reason") or "")[:200])
    return found
