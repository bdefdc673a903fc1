"""The synthetic resident at all hospitals, and the record of availability it keeps (JA-OPS-02)."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from portal.components.paging import leaf_of
from portal.components.sheets import Sheet
from portal.desk import visits
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.synthetic import selectors
from regional_services.synthetic.models import Service
from regional_services.synthetic.permissions import PAUSE, VIEW
from tenants.registry import selectors as registry

PAGE = 50
SPANS = (1, 7, 30, 90)


@require_GET
@district_page(VIEW)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every hospital: how the last visit went, and each service's availability. Two queries."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isdecimal() and int(asked) in SPANS else 30
    only, text = request.GET.get("only", ""), request.GET.get("q", "").strip()
    states = selectors.states()
    measured = selectors.availability(*_span(days))
    wanted = [
        view
        for view in registry.institutions()
        if view.is_shown
        and any(text in word for word in (view.name, view.code, *view.aliases))
        and _is(only, states.get(view.code))
    ]
    leaf = leaf_of(request, wanted, PAGE)
    rows = [
        {
            "institution": view,
            "state": states.get(view.code),
            "services": [measured.get((view.code, service), selectors.NEVER) for service in Service],
        }
        for view in leaf.rows
    ]
    context = {
        "rows": rows,
        "count": len(wanted),
        "district": [(service.label, measured["", service]) for service in Service],
        "service_names": [service.label for service in Service],
        "failing": sum(_is("failed", state) for state in states.values()),
        "paused": sum(_is("paused", state) for state in states.values()),
        "days": days,
        "spans": SPANS,
        "only": only,
        "q": text,
        "leaf": leaf,
    }
    return desk(request, actor, "synthetic", "synthetic", context)


@require_GET
@district_page(VIEW)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """The record of availability as CSV: figures of services, nothing personal. One query."""
    asked = request.GET.get("days", "")
    first, last = _span(int(asked) if asked.isdecimal() and int(asked) in SPANS else 30)
    measured = selectors.availability(first, last)
    sheet = Sheet(f"availability-{first}-{last}.csv")
    sheet.row(
        [
            gettext("机构代码"),
            gettext("服务"),
            gettext("巡检次数"),
            gettext("失败次数"),
            gettext("中断秒数"),
            gettext("可用率（%）"),
        ]
    )
    for (code, service), found in sorted(measured.items()):
        share = "" if found.share is None else f"{found.share:.3f}"
        name = Service(service).label
        sheet.row([code or gettext("全区"), name, found.runs, found.failed, found.down_seconds, share])
    return sheet.answer


@require_GET
@district_page(VIEW)
def one(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """One hospital's visits with their steps."""
    institution = registry.institution(code)
    context = {**visits.context_of(request, actor, code), "institution": institution}
    return desk(request, actor, "synthetic_one", "synthetic", {**context, "act": f"/district/synthetic/{code}"})


@require_POST
@district_page(PAUSE)
def pause(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Leave a hospital alone for a while."""
    visits.pause(request, actor, registry.institution(code).code)
    return HttpResponseRedirect(f"/district/synthetic/{code}")


@require_POST
@district_page(PAUSE)
def resume(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Visit it again."""
    visits.resume(request, actor, registry.institution(code).code)
    return HttpResponseRedirect(f"/district/synthetic/{code}")


def _span(days: int) -> tuple[date, date]:
    today = clock.today()
    return today - timedelta(days=days - 1), today


def _is(only: str, state: selectors.StateView | None) -> bool:
    if only == "failed":
        return state is not None and state.ok is False and state.paused_at is None
    if only == "paused":
        return state is not None and state.paused_at is not None
    return True
