"""公告, one page for two kinds of publishers: the district on its portal, a hospital on its workspace."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from portal.components.paging import query_with
from portal.desk.pages import desk
from regional_services.announcements import selectors, services

PAGE = 50
_LOCAL = "%Y-%m-%dT%H:%M"


def page(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    """The list with its form; a draft is shown as residents will see it before it is published."""
    now = clock.local(clock.now())
    filled = {
        "urgency": "normal",
        "shown_from": now.strftime(_LOCAL),
        "shown_until": (now + timedelta(days=7)).strftime(_LOCAL),
        **request.POST.dict(),
    }
    problems: dict[str, str] = {}
    preview = None
    if request.method == "POST":
        try:
            if filled.get("act") == "publish":
                services.publish(actor=actor, values=filled)
                messages.success(request, gettext("公告已发布，居民在十秒之内看到。"), extra_tags="ok")
                return HttpResponseRedirect(here)
            preview = services.read(filled)
        except HubError as problem:
            problems = problem.fields
    leaf = max(1, int(asked)) if (asked := request.GET.get("page", "")).isdecimal() else 1
    rows = selectors.published(actor.institution or "", after=(leaf - 1) * PAGE, limit=PAGE)
    context = {
        "here": here,
        "rows": rows[:PAGE],
        "filled": filled,
        "problems": problems,
        "preview": preview,
        "earlier": query_with(request, page=str(leaf - 1)) if leaf > 1 else "",
        "more": query_with(request, page=str(leaf + 1)) if len(rows) > PAGE else "",
    }
    answer = desk(request, actor, "notices", "notices", context)
    answer.status_code = 422 if problems else 200
    return answer


def withdraw(request: HttpRequest, actor: Actor, here: str, notice_id: UUID) -> HttpResponse:
    """Take one down."""
    services.withdraw(actor=actor, notice_id=notice_id)
    messages.success(request, gettext("公告已撤下。"), extra_tags="ok")
    return HttpResponseRedirect(here)
