"""The wall screen: five blocks, each opening its list; as cheap for a thousand hospitals as for one.

The browser listens to `DISTRICT_SCREEN` and asks for the part that changed, one look at a time; without the event
stream it asks every ten seconds. However many screens ask, a process computes the figures once for all (`Shared`).
"""

from __future__ import annotations

import math
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hub import clock
from hub.actor import Actor
from hub.journal.region.permissions import VIEW_DEAD_LETTERS
from hub.outbox import selectors as outbox
from hub.sse import topics
from hub.tenancy.scope import REGION
from portal.components.shared import Shared
from portal.desk.lights import Lit, lights
from portal.region.pages import district_page
from regional_services.booking import figures as bookings
from regional_services.booking.permissions import VIEW_DISTRICT
from regional_services.catalog import selectors as catalog
from regional_services.statistics import selectors as statistics
from regional_services.synthetic import selectors as synthetic
from tenants.registry import selectors as registry

ALERTS = 7
LETTERS = 100
ORDER = ("bad", "warn", "off", "ok")
TONES = {"bad": "红灯", "warn": "黄灯", "off": "无信号", "ok": "正常"}
DENSE = 60  # from so many tiles on names no longer fit
COLUMNS, DENSE_COLUMNS = 6, 40


@require_GET
@district_page(VIEW_DISTRICT)
def screen(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The whole screen; its two halves are then asked for again as they change."""
    context = {
        **_figures_now.value(),
        **_hospitals(actor),
        "staff": actor,
        "events": topics.address(topics.DISTRICT_SCREEN),
    }
    return render(request, "portal/desk/screen.html", context)


@require_GET
@district_page(VIEW_DISTRICT)
def figures(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Today's figures. Three queries, shared by all who ask at the same time."""
    return render(request, "portal/desk/screen_figures.html", _figures_now.value())


@require_GET
@district_page(VIEW_DISTRICT)
def hospitals(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Map, lights and alerts. Three queries."""
    return render(request, "portal/desk/screen_hospitals.html", _hospitals(actor))


@require_GET
@district_page(VIEW_DISTRICT)
def series(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Bookings up to each hour: today, and the band of a usual day. Two queries."""
    today = clock.today()
    made = bookings.counts_by_hour(today, today)
    now, up_to, total = clock.local(clock.now()).hour, [], 0
    for hour in range(now + 1):
        total += made.get((today, hour), 0)
        up_to.append(total)
    usual = statistics.usual_day(today)
    return JsonResponse({"today": up_to, "usual": usual.mean, "low": usual.low, "high": usual.high})


def _figures() -> dict[str, Any]:
    today, at = clock.today(), clock.local(clock.now())
    made = bookings.figures_of_day(today)
    by_now = statistics.usual_day(today).by(at)
    return {
        "figures": made,
        "usual": by_now,
        "share": round(made.created * 100 / by_now) if by_now else None,
        "free": catalog.free_in_district(),
        "at": at,
    }


_figures_now = Shared(_figures)


def _hospitals(actor: Actor) -> dict[str, Any]:
    visits = synthetic.states()
    lit = lights(statistics.health(), visits)
    letters = len(outbox.dead_letters(REGION, limit=LETTERS)) if actor.may(VIEW_DEAD_LETTERS) else 0
    trouble = sorted((t for t in lit if t.tone in ("bad", "warn")), key=lambda tile: ORDER.index(tile.tone))
    alerts = ALERTS - bool(letters)
    return {
        "tiles": _on_the_map(lit),
        "dense": len(lit) > DENSE,
        "counts": [(tone, TONES[tone], sum(tile.tone == tone for tile in lit)) for tone in ORDER],
        "visited": sum(state.ok is not None and not state.paused_at for state in visits.values()),
        "well": sum(state.ok is True and not state.paused_at for state in visits.values()),
        "alerts": trouble[:alerts],
        "more_alerts": max(0, len(trouble) - alerts),
        "letters": letters,
    }


def _on_the_map(lit: list[Lit]) -> list[Lit]:
    """The tiles as the district lies: rows from north to south, each from west to east."""
    places = {view.code: (view.latitude, view.longitude) for view in registry.institutions()}
    columns = DENSE_COLUMNS if len(lit) > DENSE else COLUMNS
    southward = sorted(lit, key=lambda tile: -places[tile.code][0])
    rows = (southward[row * columns : (row + 1) * columns] for row in range(math.ceil(len(lit) / columns)))
    return [tile for row in rows for tile in sorted(row, key=lambda tile: places[tile.code][1])]
