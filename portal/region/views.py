"""The district's portal: live figures and the institutions."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from hub import clock
from hub.actor import Actor
from portal.desk.pages import desk, desk_page
from regional_services.booking import permissions
from regional_services.booking import selectors as bookings
from regional_services.catalog import selectors as catalog
from tenants.registry import selectors as registry

NOTHING = bookings.DayFigures(created=0, booked=0, cancelled=0, failed=0, paid_fen=0)


@require_GET
@desk_page(permissions.VIEW_DISTRICT)
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Today in numbers, refreshed as one looks; each number leads to its list."""
    context = {"figures": bookings.figures_of_day(clock.today()), "day": clock.today(), "at": clock.now()}
    if request.headers.get("HX-Request"):
        return desk(request, actor, "overview_live", "overview", context)
    return desk(request, actor, "overview", "overview", context)


@require_GET
@desk_page(permissions.VIEW_DISTRICT)
def pulse(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Bookings per minute of the last hour, for the plot."""
    return JsonResponse(
        {"minutes": [{"at": f"{clock.local(at):%H:%M}", "count": count} for at, count in bookings.per_minute(60)]}
    )


@require_GET
@desk_page(permissions.VIEW_DISTRICT)
def institutions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All institutions with today's figures and what is left to book."""
    figures = bookings.figures_by_institution(clock.today())
    free = {card.institution.code: card.free for card in catalog.hospitals()}
    text, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    rows = [
        {"institution": view, "figures": figures.get(view.code, NOTHING), "free": free.get(view.code, 0)}
        for view in registry.institutions()
        if kind in ("", view.kind) and any(text in word for word in (view.name, view.code, *view.aliases))
    ]
    kinds = sorted({(view.kind, view.kind_text) for view in registry.institutions()})
    return desk(request, actor, "institutions", "institutions", {"rows": rows, "q": text, "kind": kind, "kinds": kinds})
