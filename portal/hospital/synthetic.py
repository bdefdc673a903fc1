"""接口 -> 平台巡检: what the synthetic resident met at this hospital."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from portal.desk import visits
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.connector import TABS
from regional_services.synthetic.permissions import PAUSE, VIEW


@require_GET
@desk_page(VIEW)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The last visits, what they took, and the switch."""
    context = {**visits.context_of(request, actor, own_hospital(actor)), "tabs": TABS, "tab": "synthetic"}
    return desk(request, actor, "synthetic_own", "messages", {**context, "act": "/workspace/synthetic"})


@require_POST
@desk_page(PAUSE)
def pause(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Leave this hospital alone for a while."""
    visits.pause(request, actor, own_hospital(actor))
    return HttpResponseRedirect("/workspace/synthetic")


@require_POST
@desk_page(PAUSE)
def resume(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Visit again."""
    visits.resume(request, actor, own_hospital(actor))
    return HttpResponseRedirect("/workspace/synthetic")
