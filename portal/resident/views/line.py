"""候号室: a place in line while more people book at a hospital than it lets in at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from hub import clock, waiting_room
from hub.actor import Actor
from hub.waiting_room import State
from portal.resident.pages import page, resident_page
from regional_services.booking import rush
from regional_services.catalog import selectors
from tenants.registry import selectors as registry


@require_http_methods(["GET", "POST"])
@resident_page
def line(request: HttpRequest, actor: Actor, code: str, session_id: UUID) -> HttpResponse:
    """GET: where one stands. POST: take the place; a second time, or in another window, it is the same place."""
    here = f"/hospitals/{code}/sessions/{session_id}/line"
    if request.method == "POST":
        rush.join(actor, code, session_id)
        return HttpResponseRedirect(here)
    card = selectors.session(session_id)
    place = rush.place(actor, code)
    low, high = place.seconds
    context = {
        "hospital": registry.institution(code),
        "session": card,
        "department": selectors.department(card.department_id).name,
        "place": place,
        "until": clock.now() + timedelta(milliseconds=place.left_ms),
        "low": max(low // 60, 1),
        "high": high // 60 + 2,
        "listen": waiting_room.address(code, str(actor.id)) if place.state is not State.OPEN else "",
        "go": f"/hospitals/{code}/sessions/{session_id}",
        "wait": f"/hospitals/{code}/sessions/{session_id}/wait",
        "back": f"/hospitals/{code}",
    }
    return page(request, "line", "book", context)


@require_POST
@resident_page
def step_out(request: HttpRequest, actor: Actor, code: str, session_id: UUID) -> HttpResponse:  # noqa: ARG001
    """Give the place back."""
    rush.leave(actor, code)
    return HttpResponseRedirect(f"/hospitals/{code}")
