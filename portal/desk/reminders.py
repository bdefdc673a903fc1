"""提醒: what staff themselves are told, on the district's host and on every hospital's."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from hub.actor import Actor
from hub.tenancy.scope import region
from portal.desk.pages import desk, desk_page
from regional_services.notifications import access, selectors, services
from regional_services.notifications.permissions import OWN

PAGE = 50


@require_GET
@desk_page(OWN)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The newest first."""
    with region(read_only=True):
        rows = selectors.messages(access.account(actor), limit=PAGE)
    return desk(request, actor, "reminders", "reminders", {"rows": rows})


@require_GET
@desk_page(OWN)
def follow(request: HttpRequest, actor: Actor, message_id: UUID) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Mark as read, and on to what it is about."""
    services.read_message(message_id, actor=actor)
    with region(read_only=True):
        message = selectors.message(access.account(actor), message_id)
    return HttpResponseRedirect(f"{'/workspace' if actor.institution else '/district'}{message.page}")
