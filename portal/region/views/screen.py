"""The wall screen: six blocks, each opening its list; as cheap for a thousand hospitals as for one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hub import clock
from hub.actor import Actor
from hub.journal.region.permissions import VIEW_DEAD_LETTERS
from hub.outbox import selectors as outbox
from hub.tenancy.scope import REGION
from portal.desk.lights import lights
from portal.region.pages import district_page
from regional_services.booking import selectors as bookings
from regional_services.booking.permissions import VIEW_DISTRICT
from regional_services.catalog import selectors as catalog
from regional_services.statistics import selectors as statistics

ALERTS = 6
LETTERS = 100
ORDER = ("bad", "warn", "off", "ok")


@require_GET
@district_page(VIEW_DISTRICT)
def screen(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The whole screen; its two halves then refresh themselves, figures every second, hospitals every ten."""
    return render(request, "portal/desk/screen.html", {**_figures(), **_hospitals(actor), "staff": actor})


@require_GET
@district_page(VIEW_DISTRICT)
def figures(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Today's figures. Three queries."""
    return render(request, "portal/desk/screen_figures.html", _figures())


@require_GET
@district_page(VIEW_DISTRICT)
def hospitals(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tiles and alerts. Two queries."""
    return render(request, "portal/desk/screen_hospitals.html", _hospitals(actor))


@require_GET
@district_page(VIEW_DISTRICT)
def series(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Bookings up to each hour: today and on a usual day. Two queries."""
    today = clock.today()
    made = bookings.counts_by_hour(today, today)
    now, up_to, total = clock.local(clock.now()).hour, [], 0
    for hour in range(now + 1):
        total += made.get((today, hour), 0)
        up_to.append(total)
    return JsonResponse({"today": up_to, "usual": statistics.usual_day(today)})


def _figures() -> dict[str, Any]:
    today, at = clock.today(), clock.local(clock.now())
    made = bookings.figures_of_day(today)
    usual = statistics.usual_day(today)
    begun = usual[at.hour - 1] if at.hour else 0
    by_now = round(begun + (usual[at.hour] - begun) * at.minute / 60)
    return {
        "figures": made,
        "usual": by_now,
        "share": round(made.created * 100 / by_now) if by_now else None,
        "free": sum(card.free for card in catalog.hospitals()),
        "at": at,
    }


def _hospitals(actor: Actor) -> dict[str, Any]:
    lit = sorted(lights(statistics.health()), key=lambda tile: ORDER.index(tile.tone))
    letters = len(outbox.dead_letters(REGION, limit=LETTERS)) if actor.may(VIEW_DEAD_LETTERS) else 0
    trouble = [tile for tile in lit if tile.tone in ("bad", "warn")]
    return {
        "tiles": lit,
        "counts": [(tone, sum(tile.tone == tone for tile in lit)) for tone in ORDER],
        "alerts": trouble[:ALERTS],
        "more_alerts": max(0, len(trouble) - ALERTS),
        "letters": letters,
    }
