"""Messages to the resident."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from portal.resident.pages import page, resident_page
from regional_services.notifications import selectors, services

PAGE = 20


@require_GET
@resident_page
def inbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All messages, newest first."""
    before = UUID(request.GET["before"]) if request.GET.get("before") else None
    rows = selectors.messages_of(actor.id, before=before, limit=PAGE + 1) if actor.id else []
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    return page(request, "messages", "messages", {"rows": rows[:PAGE], "more": more})


@require_GET
@resident_page
def open_message(request: HttpRequest, actor: Actor, message_id: UUID) -> HttpResponse:  # noqa: ARG001
    """Mark as read and lead to what the message is about."""
    message = services.read_message(actor=actor, message_id=message_id)
    return HttpResponseRedirect(message.link or "/messages")


@require_POST
@resident_page
def read_all(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001
    """Mark all as read."""
    services.read_all(actor=actor)
    return HttpResponseRedirect("/messages")
