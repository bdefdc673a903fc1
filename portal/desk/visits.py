"""What the synthetic resident met at one hospital, as the district and the hospital itself see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from portal.components.paging import number_of, read_leaf
from regional_services.synthetic import selectors, services
from regional_services.synthetic.models import Service
from regional_services.synthetic.permissions import PAUSE

PAGE = 30
DAYS = 30


def context_of(request: HttpRequest, actor: Actor, code: str) -> dict[str, Any]:
    """State, availability of thirty days and a page of visits. Three queries."""
    only = request.GET.get("only", "")
    runs = selectors.runs_of(code, skip=(number_of(request) - 1) * PAGE, limit=PAGE + 1, failed_only=only == "failed")
    today = clock.today()
    measured = selectors.availability(today - timedelta(days=DAYS - 1), today, code)
    return {
        "code": code,
        "state": selectors.state_of(code),
        "leaf": read_leaf(request, runs, PAGE),
        "only": only,
        "services": [(service.label, measured.get((code, service), selectors.NEVER)) for service in Service],
        "may_pause": actor.may(PAUSE),
    }


def pause(request: HttpRequest, actor: Actor, code: str) -> None:
    """Stop visiting, with the reason of the form; what came of it is said on the next page."""
    try:
        services.pause(actor=actor, code=code, reason=request.POST.get("reason", ""))
    except HubError as problem:
        messages.error(request, problem.fields.get("reason", problem.text), extra_tags="bad")
    else:
        messages.success(request, _("已暂停巡检。恢复之前，这家医院的故障不会由巡检发现。"), extra_tags="ok")


def resume(request: HttpRequest, actor: Actor, code: str) -> None:
    """Visit again."""
    services.resume(actor=actor, code=code)
    messages.success(request, _("已恢复巡检，马上进行一次。"), extra_tags="ok")
