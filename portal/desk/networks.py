"""Where this place's administrators may work from; the same page at the district and at a hospital."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub.accounts import services
from hub.accounts.permissions import LIMIT_NETWORKS
from hub.actor import Actor
from hub.errors import HubError
from portal.desk.pages import desk, desk_page

HERE = "/desk/networks"


@require_GET
@desk_page(LIMIT_NETWORKS)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The networks, and the address one sits at."""
    return _page(request, actor)


def _page(
    request: HttpRequest, actor: Actor, problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "rows": services.networks(actor=actor),
        "own_address": actor.ip,
        "problems": problems or {},
        "sent": request.POST,
    }
    answer = desk(request, actor, "networks", "networks", context)
    answer.status_code = status
    return answer


@require_POST
@desk_page(LIMIT_NETWORKS, step_up=True)
def allow(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One more."""
    try:
        services.allow_network(actor=actor, network=request.POST.get("network", ""), note=request.POST.get("note", ""))
    except HubError as problem:
        if not problem.fields:
            messages.error(request, problem.text, extra_tags="bad")
        return _page(request, actor, problem.fields, problem.status)
    messages.success(request, gettext("已生效：管理员只能从登记的网段登录和办理。"), extra_tags="ok")
    return HttpResponseRedirect(HERE)


@require_POST
@desk_page(LIMIT_NETWORKS, step_up=True)
def end(request: HttpRequest, actor: Actor, network_id: UUID) -> HttpResponse:
    """One less."""
    try:
        services.end_network(actor=actor, network_id=network_id)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return _page(request, actor, status=problem.status)
    messages.success(request, gettext("已移除这个网段。"), extra_tags="ok")
    return HttpResponseRedirect(HERE)
