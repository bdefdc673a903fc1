"""The district's first page: today in numbers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_GET

from hub import clock
from hub.actor import Actor
from hub.security.guards import Guard, Side, declare
from portal.desk.feedback import overdue_of
from portal.desk.pages import desk, first_page, staff_of
from portal.region.pages import district_page
from regional_services.booking import figures as bookings
from regional_services.booking import permissions


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The overview; administrators, who see no business, begin at the first page that is theirs."""
    actor = staff_of(request)
    if actor is not None and actor.permissions and not actor.may(permissions.VIEW_DISTRICT):
        return HttpResponseRedirect(first_page(actor))
    return overview(request)


declare(home, Guard(Side.DISTRICT, permissions.VIEW_DISTRICT))


@district_page(permissions.VIEW_DISTRICT)
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Today in numbers, refreshed as one looks; each number leads to its list."""
    today = clock.today()
    context: dict[str, object] = {"figures": bookings.figures_of_day(today), "day": today, "at": clock.now()}
    if request.headers.get("HX-Request"):
        return desk(request, actor, "overview_live", "overview", context)
    context["overdue_feedback"] = overdue_of(actor)
    return desk(request, actor, "overview", "overview", context)


@require_GET
@district_page(permissions.VIEW_DISTRICT)
def pulse(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Bookings per minute of the last hour, for the plot."""
    return JsonResponse(
        {"minutes": [{"at": f"{clock.local(at):%H:%M}", "count": count} for at, count in bookings.per_minute(60)]}
    )
