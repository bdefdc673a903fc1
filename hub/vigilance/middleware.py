"""Counts what the house refuses: many refusals, or many misses at addresses of things, are an alarm."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from hub.accounts.models import DISTRICT
from hub.actor import Actor, ActorKind
from hub.vigilance import services
from hub.vigilance.models import FlagKind

_log = logging.getLogger(__name__)
_FORBIDDEN, _NOT_FOUND = 403, 404


class WatchMiddleware:
    """Looks at answers only; what it counts never changes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self._get_response(request)
        if answer.status_code in (_FORBIDDEN, _NOT_FOUND):
            _count(request, answer.status_code)
        return answer


def _count(request: HttpRequest, status: int) -> None:
    actor = getattr(request, "actor", None) or getattr(request, "user", None)
    if not isinstance(actor, Actor) or actor.id is None:
        return
    named = request.resolver_match is not None and bool(request.resolver_match.kwargs)
    if status == _NOT_FOUND and not named:
        return
    kind = FlagKind.REFUSALS if status == _FORBIDDEN else FlagKind.PROBING
    place = actor.institution or DISTRICT
    name = actor.name if actor.kind is not ActorKind.RESIDENT else "居民"
    try:
        services.count(kind, institution=place, actor_id=actor.id, actor_name=name)
    except RedisError:
        _log.warning("a refusal could not be counted")
