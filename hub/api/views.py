"""The base of all API views: actor, declared permission, throttle, problem documents."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from hub.actor import Actor, ActorKind
from hub.api import throttling
from hub.outbox import wake
from hub.security.client import client_ip
from hub.security.permissions import PUBLIC, RESIDENT, SIGNED_IN
from hub.synthetic import is_synthetic

IDEMPOTENCY_HEADER = "Idempotency-Key"


class HubAPIView(APIView):
    """An API view. Every subclass declares `permission`: a name for all methods, or a mapping by method.

    `idempotent_methods` are those that read an Idempotency-Key (documented in OpenAPI); `paged_methods` those that
    answer cursor pages.
    """

    permission: ClassVar[str | dict[str, str]]
    rate: ClassVar[str] = "default"
    idempotent_methods: ClassVar[frozenset[str]] = frozenset()
    paged_methods: ClassVar[frozenset[str]] = frozenset()

    @property
    def actor(self) -> Actor:
        """Who calls; for a public view possibly a resident actor without an id."""
        user = self.request.user
        return user if isinstance(user, Actor) else anonymous(self.request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; the relay hears in one message what all units of the request have for it."""
        with wake.together():
            return super().dispatch(request, *args, **kwargs)

    def check_throttles(self, request: Request) -> None:
        """Take one token of the caller's bucket: per account when signed in, per address otherwise."""
        user = request.user
        subject = f"account:{user.id}" if isinstance(user, Actor) else f"ip:{client_ip(request)}"
        synthetic = isinstance(user, Actor) and is_synthetic(user.id)
        throttling.take("synthetic" if synthetic else self.rate, subject)


def anonymous(request: Request) -> Actor:
    """The actor of a caller who is not signed in."""
    return Actor(
        kind=ActorKind.RESIDENT,
        id=None,
        name="未登录",
        ip=client_ip(request),
        request_id=getattr(request, "request_id", ""),
    )


__all__ = ["IDEMPOTENCY_HEADER", "PUBLIC", "RESIDENT", "SIGNED_IN", "HubAPIView", "anonymous"]
