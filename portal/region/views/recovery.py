"""Backups and returns: what stands, what failed, what waits for a name; and what a comparison left for a person."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError
from hub.recovery import records, selectors
from hub.recovery.models import BackupKind
from hub.recovery.permissions import CONFIRM, VIEW
from portal.components.paging import query_with
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.booking.models import Outcome
from regional_services.booking.permissions import CLOSE_RESYNC
from regional_services.booking.resync import reading
from tenants.registry import selectors as registry

PAGE = 50
NEWEST = 10


@require_GET
@district_page(VIEW)
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The lights, the newest backups, drills, comparisons and clean-ups."""
    kind, scope = request.GET.get("kind", ""), request.GET.get("scope", "").strip()
    rows = selectors.backups(limit=PAGE + 1, kind=kind if kind in BackupKind.values else "", scope=scope)
    context = {
        "health": selectors.health(),
        "rows": rows[:PAGE],
        "full": len(rows) > PAGE,
        "kinds": BackupKind.choices,
        "kind": kind,
        "scope": scope,
        "drills": selectors.drills(limit=NEWEST),
        "runs": reading.runs(limit=NEWEST),
        "cleanups": selectors.cleanups(limit=NEWEST),
        "may_confirm": actor.may(CONFIRM),
    }
    return desk(request, actor, "backups", "recovery", context)


@require_POST
@district_page(CONFIRM)
def confirm_backup(request: HttpRequest, actor: Actor, backup_id: UUID) -> HttpResponse:
    """Confirm a backup that was read back, in one's own name."""
    try:
        records.confirm_backup(backup_id, actor=actor)
        messages.success(request, _("已确认，您的姓名写进了记录。"), extra_tags="ok")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect("/district/recovery")


@require_GET
@district_page(VIEW)
def drill(request: HttpRequest, actor: Actor, drill_id: UUID) -> HttpResponse:
    """One return: its steps with their times, every count, every check."""
    found = selectors.drill(drill_id)
    context = {
        "drill": found,
        "may_confirm": actor.may(CONFIRM) and found.ended_at is not None and not found.confirmed_by,
    }
    return desk(request, actor, "restore", "recovery", context)


@require_POST
@district_page(CONFIRM)
def confirm_drill(request: HttpRequest, actor: Actor, drill_id: UUID) -> HttpResponse:
    """Stand for a return in one's own name."""
    try:
        records.confirm_drill(drill_id, actor=actor)
        messages.success(request, _("已确认，您的姓名写进了记录。"), extra_tags="ok")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(f"/district/recovery/restores/{drill_id}")


@require_GET
@district_page(VIEW)
def resync(request: HttpRequest, actor: Actor, run_id: UUID) -> HttpResponse:
    """One comparison: how far it is, and its lines."""
    outcome, after = request.GET.get("outcome", ""), request.GET.get("after", "")
    rows = reading.items(
        run_id,
        outcome=outcome if outcome in Outcome.values else "",
        after=int(after) if after.isdecimal() else 0,
        limit=PAGE + 1,
    )
    run = reading.run(run_id)
    context = {
        "run": run,
        "name": registry.institution(run.institution_code).name,
        "rows": rows[:PAGE],
        "more": query_with(request, after=str(rows[PAGE - 1].id)) if len(rows) > PAGE else "",
        "outcomes": Outcome.choices,
        "outcome": outcome,
        "may_close": actor.may(CLOSE_RESYNC),
    }
    return desk(request, actor, "resync", "recovery", context)


@require_POST
@district_page(CLOSE_RESYNC)
def close_item(request: HttpRequest, actor: Actor, run_id: UUID, item_id: int) -> HttpResponse:
    """Say how a line was seen to."""
    try:
        reading.close_item(actor=actor, item_id=item_id, note=request.POST.get("note", ""))
        messages.success(request, _("已记录处理结果。"), extra_tags="ok")
    except HubError as problem:
        messages.error(request, next(iter(problem.fields.values()), problem.text), extra_tags="bad")
    return HttpResponseRedirect(f"/district/recovery/resyncs/{run_id}?outcome=human")
