"""The district's audit: searched, verified; and the deliveries that stopped."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.audit import auditors, checks
from hub.audit.selectors import Search
from hub.errors import HubError
from hub.journal.region.permissions import REPLAY, VERIFY_AUDIT, VIEW_AUDIT, VIEW_DEAD_LETTERS
from hub.outbox import selectors as outbox
from hub.outbox import services as outbox_services
from hub.tenancy.scope import REGION
from portal.components.paging import query_with
from portal.desk.journal_sheet import journal_sheet
from portal.desk.pages import desk
from portal.region.pages import district_page

PAGE = 50
LETTERS = 200
OUTCOMES = (("success", "成功"), ("failure", "失败"))


def _start_of(text: str) -> datetime | None:
    try:
        return clock.at(date.fromisoformat(text), clock.MIDNIGHT)
    except ValueError:
        return None


def _asked(request: HttpRequest) -> tuple[dict[str, str], Search]:
    asked = {name: request.GET.get(name, "").strip() for name in ("actor", "target", "action", "outcome")}
    until = _start_of(request.GET.get("until", ""))
    wanted = Search(
        actor_name=asked["actor"],
        target=asked["target"],
        action=asked["action"],
        outcome=asked["outcome"],
        since=_start_of(request.GET.get("since", "")),
        until=until + clock.DAY if until else None,
    )
    return asked, wanted


@require_GET
@district_page(VIEW_AUDIT, step_up=True)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was searched, as a marked sheet."""
    return journal_sheet(actor, REGION, _asked(request)[1])


@require_GET
@district_page(VIEW_AUDIT)
def entries(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who did what: by person, thing, act, outcome and days; looking is recorded too."""
    asked, wanted = _asked(request)
    before = request.GET.get("before", "")
    rows = auditors.search(
        actor=actor, scope=REGION, wanted=wanted, before=int(before) if before.isdecimal() else None, limit=PAGE + 1
    )
    context = {
        "asked": asked,
        "since": request.GET.get("since", ""),
        "until": request.GET.get("until", ""),
        "outcomes": OUTCOMES,
        "rows": rows[:PAGE],
        "more": query_with(request, before=str(rows[PAGE - 1].id)) if len(rows) > PAGE else "",
        "export": f"/district/audit.csv{query_with(request, before='')}",
        "checks": checks.latest(limit=3),
        "may_verify": actor.may(VERIFY_AUDIT),
    }
    return desk(request, actor, "district_audit", "audit", context)


@require_POST
@district_page(VERIFY_AUDIT)
def verify(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Have the whole journal verified by a worker."""
    return HttpResponseRedirect(f"/district/audit/checks/{checks.ask(actor=actor)}")


@require_GET
@district_page(VERIFY_AUDIT)
def check(request: HttpRequest, actor: Actor, check_id: UUID) -> HttpResponse:
    """How far a verification is, or what it found."""
    template = "audit_check_live" if request.headers.get("HX-Request") else "audit_check"
    return desk(request, actor, template, "audit", {"check": checks.check(check_id)})


@require_GET
@district_page(VIEW_DEAD_LETTERS)
def letters(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Deliveries of the district that stopped, oldest first."""
    rows = outbox.dead_letters(REGION, limit=LETTERS)
    wanted = request.GET.get("handler", "")
    context = {
        "rows": [row for row in rows if wanted in ("", row.handler)],
        "handlers": sorted({row.handler for row in rows}),
        "handler": wanted,
        "full": len(rows) == LETTERS,
        "may_replay": actor.may(REPLAY),
    }
    return desk(request, actor, "letters", "letters", context)


@require_POST
@district_page(REPLAY)
def replay(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """Let one be delivered again, with the reason."""
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, gettext("请填写原因，它会记入审计。"), extra_tags="bad")
        return HttpResponseRedirect("/district/letters")
    try:
        outbox_services.replay(REGION, letter_id, actor=actor, reason=reason)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    else:
        messages.success(request, gettext("已重新投递，几秒后刷新看结果。"), extra_tags="ok")
    return HttpResponseRedirect("/district/letters")
