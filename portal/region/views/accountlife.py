"""Double accounts joined by two clerks, and accounts that were closed."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.actor import Actor
from hub.errors import HubError
from portal.components.paging import number_of, read_leaf
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.accountlife import closing, merging, selectors
from regional_services.accountlife.models import ClosingState, MergeState
from regional_services.accountlife.permissions import MERGE, SEALED
from regional_services.identity.documents import DocumentKind

HERE = "/district/merges"
PAGE = 50


@require_GET
@district_page(MERGE)
def merges(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All merges; what waits for a second clerk comes by the filter."""
    state = request.GET.get("state", "")
    rows = selectors.merges(actor, state=state, skip=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    context = {"leaf": read_leaf(request, rows, PAGE), "state": state, "states": MergeState.choices}
    return desk(request, actor, "merges", "merges", context)


@require_http_methods(["GET", "POST"])
@district_page(MERGE)
def find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The accounts of one checked person, by the document on the desk; the number never stands in an address."""
    kind, number = request.POST.get("document_type", "01"), request.POST.get("document_number", "").strip()
    context: dict[str, object] = {
        "kinds": [(kind.value, kind.text) for kind in DocumentKind],
        "kind": kind,
        "searched": bool(number),
    }
    if request.method == "POST":
        try:
            context["doubles"] = selectors.doubles(actor, kind, number)
        except HubError as problem:
            context["error"] = problem.fields.get("document_number", problem.text)
    return desk(request, actor, "merge_find", "merges", context)


@require_POST
@district_page(MERGE)
def propose(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The first clerk's half."""
    try:
        kept, merged = UUID(request.POST.get("kept", "")), UUID(request.POST.get("merged", ""))
        made = merging.propose_at_desk(actor=actor, kept_id=kept, merged_id=merged, note=request.POST.get("note", ""))
    except ValueError:
        messages.error(request, gettext("请选择保留哪个账号、并入哪个账号。"), extra_tags="bad")
        return HttpResponseRedirect(f"{HERE}/find")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return HttpResponseRedirect(f"{HERE}/find")
    messages.success(request, gettext("已提出，请另一位工作人员复核。"), extra_tags="ok")
    return HttpResponseRedirect(f"{HERE}/{made}")


@require_GET
@district_page(MERGE)
def merge(request: HttpRequest, actor: Actor, merge_id: UUID) -> HttpResponse:
    """One merge, for the second clerk."""
    row = selectors.merge(actor, merge_id)
    waits = row.state is MergeState.PROPOSED and row.way == "clerk"
    context = {"row": row, "may_decide": waits and row.proposed_by != actor.id, "waits": waits}
    return desk(request, actor, "merge_one", "merges", context)


@require_POST
@district_page(MERGE, step_up=True)
def decide(request: HttpRequest, actor: Actor, merge_id: UUID) -> HttpResponse:
    """The second clerk's half."""
    if request.POST.get("act") == "approve":
        return _done(request, merge_id, gettext("已合并。"), lambda: merging.approve(actor=actor, merge_id=merge_id))
    note = request.POST.get("note", "")
    return _done(
        request, merge_id, gettext("已退回。"), lambda: merging.refuse(actor=actor, merge_id=merge_id, note=note)
    )


@require_POST
@district_page(MERGE, step_up=True)
def undo(request: HttpRequest, actor: Actor, merge_id: UUID) -> HttpResponse:
    """Two again, within the period."""
    return _done(
        request,
        merge_id,
        gettext("已撤销合并。"),
        lambda: merging.undo(actor=actor, merge_id=merge_id, by_clerk=True),
    )


@require_GET
@district_page(SEALED)
def closings(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Accounts that are to be closed, or were."""
    state = request.GET.get("state", "")
    rows = selectors.closings(actor, state=state, skip=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    context = {
        "leaf": read_leaf(request, rows, PAGE),
        "rows": [(row, ClosingState(row.state)) for row in rows[:PAGE]],
        "state": state,
        "states": ClosingState.choices,
    }
    return desk(request, actor, "closings", "closings", context)


@require_POST
@district_page(SEALED, step_up=True)
def sealed(request: HttpRequest, actor: Actor, closing_id: UUID) -> HttpResponse:
    """What is kept of a closed account, for a reason that stands in the audit."""
    try:
        opened = closing.open_sealed(actor=actor, closing_id=closing_id, reason=request.POST.get("reason", ""))
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return HttpResponseRedirect("/district/closings")
    return desk(request, actor, "sealed", "closings", {"opened": opened})


def _done(request: HttpRequest, merge_id: UUID, done: str, act: Callable[[], None]) -> HttpResponse:
    try:
        act()
        messages.success(request, done, extra_tags="ok")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(f"{HERE}/{merge_id}")
