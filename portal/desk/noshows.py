"""爽约名单: the same pages for two kinds of staff: the district on its portal, a hospital on its workspace."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from hub import clock
from hub.accounts.models import DISTRICT
from hub.actor import Actor
from hub.errors import HubError, NotFound
from portal.components.paging import number_of, query_with, read_leaf
from portal.components.sheets import begun
from portal.desk.pages import desk
from regional_services.noshow import permissions, selectors, services
from regional_services.noshow.models import State
from regional_services.noshow.selectors import Asked
from tenants.registry import selectors as registry

PAGE = 50


def _asked(request: HttpRequest) -> Asked:
    given = request.GET
    return Asked(state=given.get("state", ""), number=given.get("number", ""), institution=given.get("institution", ""))


def listed(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    """The list with its filters, the rule in force, and the appeals that wait."""
    names = {view.code: view.name for view in registry.institutions()}
    rows = selectors.listed(actor, _asked(request), after=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    context = {
        "here": here,
        "asked": request.GET,
        "query": query_with(request, page=""),
        "states": State.choices,
        "institutions": [] if actor.institution else sorted((name, code) for code, name in names.items()),
        "rule": selectors.rule(actor.institution or DISTRICT),
        "waiting": selectors.appeals(actor),
        "blocked": selectors.blocked(actor),
        "leaf": read_leaf(request, [(row, names.get(row.institution_code, "")) for row in rows], PAGE),
        "may_open": actor.institution is not None and actor.may("appointments.view"),
        "may_set": actor.may(permissions.SET_RULE),
        "may_decide": actor.may(permissions.DECIDE),
    }
    return desk(request, actor, "noshows", "noshows", context)


def exported(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same list as a table file, without what residents wrote; who took it stands in the audit."""
    names = {view.code: view.name for view in registry.institutions()}
    number, rows = services.export(actor=actor, asked=_asked(request))
    sheet = begun(actor, number, "no-shows.csv")
    sheet.row(
        [
            gettext("就诊时间"),
            gettext("预约编号"),
            gettext("机构"),
            gettext("科室"),
            gettext("状态"),
            gettext("结果"),
            gettext("经办"),
        ]
    )
    for row in rows:
        when = f"{clock.local(row.starts_at):%Y-%m-%d %H:%M}"
        name = names.get(row.institution_code, row.institution_code)
        sheet.row([when, row.number, name, row.department_name, row.state.label, row.decision, row.decided_by])
    return sheet.answer


def decide(request: HttpRequest, actor: Actor, here: str, missed_id: UUID) -> HttpResponse:
    """End an appeal."""

    def act() -> None:
        excuse = request.POST.get("answer") == "excuse"
        services.decide(actor=actor, booking_id=missed_id, excuse=excuse, text=request.POST.get("text", ""))

    return _done(request, here, act, gettext("已办结，居民立即可以看到。"))


def set_rule(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    """The rule from now on."""

    def act() -> None:
        given = {name: request.POST.get(name, "") for name in ("count", "window_days", "block_days")}
        services.set_rule(actor=actor, **given)

    return _done(request, here, act, gettext("规则已保存，之后的爽约按新规则。"))


def _done(request: HttpRequest, here: str, act: Callable[[], None], words: str) -> HttpResponse:
    try:
        act()
        messages.success(request, words, extra_tags="ok")
    except NotFound:
        raise
    except HubError as problem:
        messages.error(request, " ".join(problem.fields.values()) or problem.text, extra_tags="bad")
    return HttpResponseRedirect(here)
