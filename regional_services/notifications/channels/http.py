"""One HTTP call to a channel, read into what can be known of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from regional_services.notifications.channels.contract import Answer, Outcome

_TIMEOUT = httpx.Timeout(connect=3.0, read=8.0, write=5.0, pool=3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A JSON object that was answered, its bytes beside it; or, without one, what is known all the same."""

    body: dict[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    lost: Answer | None = None


@cache
def _client() -> httpx.Client:
    return httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False)


def call(method: str, url: str, **options: Any) -> Reply:
    """Make the call. Who could not be reached at all took nothing; a lost or broken answer says nothing."""
    try:
        response = _client().request(method, url, **options)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as problem:
        return Reply(lost=Answer(outcome=Outcome.NOT_NOW, reason=type(problem).__name__))
    except httpx.HTTPError as problem:
        return Reply(lost=Answer(outcome=Outcome.UNKNOWN, reason=type(problem).__name__))
    status = f"HTTP {response.status_code}"
    if response.status_code in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        return Reply(lost=Answer(outcome=Outcome.NOT_NOW, reason=status))
    if response.is_server_error:
        return Reply(lost=Answer(outcome=Outcome.UNKNOWN, reason=status))
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and (response.is_success or "accepted" in body):
        return Reply(body=body, raw=response.content)
    refused = response.is_client_error
    return Reply(lost=Answer(outcome=Outcome.REFUSED if refused else Outcome.UNKNOWN, reason=status))
