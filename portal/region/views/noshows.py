"""爽约名单 of the whole district."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from portal.desk import noshows
from portal.region.pages import district_page
from regional_services.noshow.permissions import DECIDE, SET_RULE, VIEW

HERE = "/district/no-shows"


@require_GET
@district_page(VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list with its filters."""
    return noshows.listed(request, actor, HERE)


@require_GET
@district_page(VIEW, step_up=True)
def exported(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list as a sheet."""
    return noshows.exported(request, actor)


@require_POST
@district_page(DECIDE)
def decide(request: HttpRequest, actor: Actor, missed_id: UUID) -> HttpResponse:
    """End an appeal."""
    return noshows.decide(request, actor, HERE, missed_id)


@require_POST
@district_page(SET_RULE)
def set_rule(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The rule from now on."""
    return noshows.set_rule(request, actor, HERE)
