"""Messages to the resident."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from portal.resident.pages import page, resident_page
from regional_services.notifications import access, links, selectors, services

PAGE = 20


@require_GET
@resident_page
def inbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All messages, newest first."""
    at, _, last = request.GET.get("after", "").partition(",")
    rows = selectors.messages(actor.id, after=(at, last) if last else None, limit=PAGE + 1) if actor.id else []
    shown = rows[:PAGE]
    more = f"{shown[-1].created_at.isoformat()},{shown[-1].id}" if len(rows) > PAGE else ""
    return page(request, "messages", "messages", {"rows": shown, "more": more})


@require_GET
@resident_page
def open_message(request: HttpRequest, actor: Actor, message_id: UUID) -> HttpResponse:
    """Mark as read; one about a thing leads to the thing's own page, others are shown whole."""
    services.read_message(message_id, actor=actor)
    message = selectors.message(access.account(actor), message_id)
    if str(message.subject) in message.page:
        return HttpResponseRedirect(message.page)
    return page(request, "message", "messages", {"message": message, "back": "/messages"})


@require_GET
def short(request: HttpRequest, short_code: str) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """The address in an SMS: on to the message, which asks its own account to sign in."""
    return HttpResponseRedirect(f"/messages/{links.message_of(short_code)}")


@require_POST
@resident_page
def read_all(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001
    """Mark all as read."""
    services.read_all(actor=actor)
    return HttpResponseRedirect("/messages")
