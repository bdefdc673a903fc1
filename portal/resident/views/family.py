"""家人候诊: the live places of people this account may look after, whoever booked for them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hub.actor import Actor
from hub.sse import topics
from portal.resident.pages import page, resident_page
from portal.resident.views import places
from regional_services.booking import access as bookings
from regional_services.waiting import access
from regional_services.waiting import handlers as waiting_handlers
from regional_services.waiting.errors import NoPlace
from tenants.registry import selectors as registry


@require_GET
@resident_page
def waiting(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everybody who waits today, each place looking again by itself."""
    rows = [
        {
            **places.told(actor, place),
            "institution": registry.institution(place.institution_code).name,
            "listen": topics.address(waiting_handlers.visit_topic(place.booking_id)),
        }
        for place in access.followed(actor)
    ]
    return page(request, "family", "me", {"rows": rows, "back": "/me"})


@require_GET
@resident_page
def place(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """One place alone, asked for whenever the queue moved; an own booking without a place has an empty one."""
    try:
        shown = places.told(actor, access.own_place(actor, booking_id))
    except NoPlace:
        bookings.own_booking(actor, booking_id)
        shown = {}
    return render(request, "portal/resident/place.html", shown)
