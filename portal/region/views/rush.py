"""抢号与候号室: the waiting rooms now open, patterns of scalping and what is decided about them, and the rules."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError, NotFound
from portal.components.paging import number_of, query_with, read_leaf
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.fairness import selectors, services
from regional_services.fairness.kinds import Kind
from regional_services.fairness.models import State
from regional_services.fairness.permissions import DECIDE, SET_RULES, VIEW
from regional_services.fairness.selectors import Asked
from tenants.registry import selectors as registry

HERE = "/district/rush"
PAGE = 30
FIGURES = ("minutes", "note", "refuse")


@require_GET
@district_page(VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Rooms, patterns with their filters, rules; the rooms' part alone for the page that refreshes it."""
    if request.headers.get("HX-Request"):
        return desk(request, actor, "rush_rooms", "rush", {"rooms": selectors.open_rooms(actor)})
    asked = Asked(state=request.GET.get("state", ""), kind=request.GET.get("kind", ""))
    rows = selectors.patterns(actor, asked, after=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    names = {view.code: view.short_name for view in registry.institutions()}
    context = {
        "rooms": selectors.open_rooms(actor),
        "asked": asked,
        "query": query_with(request, page=""),
        "states": State.choices,
        "kinds": Kind.choices,
        "waiting": selectors.waiting(actor),
        "leaf": read_leaf(request, [(row, names.get(row.place, row.place)) for row in rows], PAGE),
        "rules": [(kind, rule, rule.seconds // 60) for kind, rule in selectors.rules(actor).items()],
        "may_decide": actor.may(DECIDE),
        "may_set": actor.may(SET_RULES),
    }
    return desk(request, actor, "rush", "rush", context)


@require_POST
@district_page(DECIDE)
def decide(request: HttpRequest, actor: Actor, pattern_id: UUID) -> HttpResponse:
    """Hold for a check, or find in order."""
    reason = request.POST.get("reason", "")

    def act() -> None:
        if request.POST.get("answer") == "hold":
            services.hold(actor=actor, pattern_id=pattern_id, reason=reason)
        else:
            services.release(actor=actor, pattern_id=pattern_id, reason=reason, days=request.POST.get("days", ""))

    return _done(request, act, gettext("已处置，马上生效。"))


@require_POST
@district_page(SET_RULES)
def set_rules(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The figures from now on."""

    def act() -> None:
        given = {kind.value: {name: request.POST.get(f"{kind.value}_{name}", "") for name in FIGURES} for kind in Kind}
        services.set_rules(actor=actor, values=given)

    return _done(request, act, gettext("规则已保存，马上生效。"))


def _done(request: HttpRequest, act: Callable[[], None], words: str) -> HttpResponse:
    try:
        act()
        messages.success(request, words, extra_tags="ok")
    except NotFound:
        raise
    except HubError as problem:
        messages.error(request, " ".join(problem.fields.values()) or problem.text, extra_tags="bad")
    return HttpResponseRedirect(HERE)
