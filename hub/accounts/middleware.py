"""Session pages: who acts. Sets `request.actor` (an Actor, or None when nobody is signed in here)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from hub.accounts import sessions


class ActorMiddleware:
    """Reads the sign-in out of the session; one that idled out, ended or belongs to another side is nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = sessions.actor_of(request)  # type: ignore[attr-defined]
        return self.get_response(request)
