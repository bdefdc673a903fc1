"""保留期限: how long which data are kept, by which law, under which hold; every change stays to be read."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError, InvalidInput, NotFound
from hub.retention import services
from hub.retention.permissions import CHANGE, VIEW
from hub.retention.services import Standing
from hub.words import said
from portal.components.sheets import Sheet
from portal.desk.pages import desk
from portal.region.pages import district_page

HERE = "/district/retention"


def _wanted(request: HttpRequest) -> list[Standing]:
    """The rules that the search names."""
    text = request.GET.get("q", "").strip()
    held = request.GET.get("only", "") == "held"
    return [
        one
        for one in services.standing()
        if (not held or one.on_hold)
        and any(text in words for words in (one.rule.code, one.rule.title, said(one.rule.title), one.rule.basis))
    ]


@require_GET
@district_page(VIEW)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every rule with what is in force. One query."""
    context = {
        "rows": _wanted(request),
        "q": request.GET.get("q", ""),
        "only": request.GET.get("only", ""),
        "export": f"{HERE}.csv?{request.GET.urlencode()}",
    }
    return desk(request, actor, "retention", "retention", context)


@require_GET
@district_page(VIEW)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """The same as a sheet: rules, no person in them."""
    sheet = Sheet("retention.csv")
    heads = gettext("规则,数据,现行天数,最短天数,最长天数,依据,法定保留,最近设定理由,设定人,设定时间")
    sheet.row(heads.split(","))
    for one in _wanted(request):
        rule = one.rule
        hold = gettext("是") if one.on_hold else ""
        limits = (one.days, rule.least, rule.most)
        sheet.row([rule.code, said(rule.title), *limits, said(rule.basis), hold, one.reason, one.by_name, one.at or ""])
    return sheet.answer


@require_GET
@district_page(VIEW)
def one(request: HttpRequest, actor: Actor, rule_code: str) -> HttpResponse:
    """One rule, its bounds, all decisions about it."""
    return _page(request, actor, rule_code)


def _page(
    request: HttpRequest, actor: Actor, rule_code: str, problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    standing, decisions = services.one(rule_code)
    context = {
        "standing": standing,
        "decisions": decisions,
        "may_change": actor.may(CHANGE),
        "problems": problems or {},
        "sent": request.POST,
    }
    answer = desk(request, actor, "retention_one", "retention", context)
    answer.status_code = status
    return answer


@require_POST
@district_page(CHANGE, step_up=True)
def change(request: HttpRequest, actor: Actor, rule_code: str) -> HttpResponse:
    """A new period from now on."""
    return _decided(request, actor, rule_code, lambda: _change(request, actor, rule_code))


@require_POST
@district_page(CHANGE, step_up=True)
def hold(request: HttpRequest, actor: Actor, rule_code: str) -> HttpResponse:
    """A legal hold, or its end."""
    on, reason = request.POST.get("to") == "on", request.POST.get("reason", "")
    return _decided(request, actor, rule_code, lambda: services.hold(actor=actor, code=rule_code, on=on, reason=reason))


def _change(request: HttpRequest, actor: Actor, rule_code: str) -> None:
    asked = request.POST.get("days", "").strip()
    if not asked.isdecimal() or len(asked) > 6:
        raise InvalidInput(fields={"days": gettext("请填写天数。")})
    services.change(actor=actor, code=rule_code, days=int(asked), reason=request.POST.get("reason", ""))


def _decided(request: HttpRequest, actor: Actor, rule_code: str, act: Callable[[], None]) -> HttpResponse:
    try:
        act()
    except NotFound:
        raise
    except HubError as problem:
        if not problem.fields:
            messages.error(request, problem.text, extra_tags="bad")
        return _page(request, actor, rule_code, problem.fields, problem.status)
    messages.success(request, gettext("已生效，下一次清理起按新规则执行。"), extra_tags="ok")
    return HttpResponseRedirect(f"{HERE}/{rule_code}")
