"""Flags for the security administrator, and breaking the glass; the same page at the district and at a hospital."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.vigilance import services
from hub.vigilance.permissions import BREAK_GLASS, VIEW_FLAGS
from portal.components.paging import query_with
from portal.desk.pages import desk, desk_page

FLAGS = "/desk/flags"
PAGE = 50


def _before(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@require_GET
@desk_page(VIEW_FLAGS)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What to look at, newest first."""
    everything = request.GET.get("all") == "1"
    rows = services.flags(
        actor=actor, open_only=not everything, before=_before(request.GET.get("before", "")), limit=PAGE + 1
    )
    more = query_with(request, before=rows[PAGE - 1].raised_at.isoformat()) if len(rows) > PAGE else ""
    return desk(request, actor, "flags", "flags", {"rows": rows[:PAGE], "everything": everything, "more": more})


@require_POST
@desk_page(VIEW_FLAGS)
def answer(request: HttpRequest, actor: Actor, flag_id: UUID) -> HttpResponse:
    """Say what came of one."""
    try:
        services.answer(actor=actor, flag_id=flag_id, note=request.POST.get("note", "").strip())
        messages.success(request, gettext("已记录处理结果。"), extra_tags="ok")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(FLAGS)


@require_http_methods(["GET", "POST"])
@desk_page(BREAK_GLASS, step_up=True)
def break_glass(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Half an hour with the emergency's permissions, for a reason that the administrator reads."""
    if request.method == "GET":
        return desk(request, actor, "break_glass", "emergency")
    try:
        until = services.break_glass(actor=actor, reason=request.POST.get("reason", "").strip())
    except HubError as problem:
        context = {"error": problem.text, "reason": request.POST.get("reason", "")}
        refused = desk(request, actor, "break_glass", "emergency", context)
        refused.status_code = problem.status
        return refused
    messages.warning(
        request,
        gettext("紧急查看已开启，至 %(local)s 自动结束。您的每一步都会单独记录。")
        % {"local": f"{clock.local(until):%H:%M}"},
        extra_tags="warn",
    )
    return HttpResponseRedirect("/workspace/")
