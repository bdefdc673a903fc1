"""Messages to the resident, and how he wants to be told."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.actor import Actor
from hub.errors import InvalidInput
from portal.resident.pages import page, resident_page
from regional_services.notifications import access, links, preferences, selectors, services
from regional_services.notifications.catalogue import Kind, Language
from regional_services.notifications.preferences import MustHave, Preferences

PAGE = 20
HABITS = "/messages/habits"


@require_GET
@resident_page
def inbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All messages, newest first."""
    at, _, last = request.GET.get("after", "").partition(",")
    rows = selectors.messages(actor.id, after=(at, last) if last else None, limit=PAGE + 1) if actor.id else []
    shown = rows[:PAGE]
    more = f"{shown[-1].created_at.isoformat()},{shown[-1].id}" if len(rows) > PAGE else ""
    return page(request, "messages", "messages", {"rows": shown, "more": more})


@require_GET
@resident_page
def open_message(request: HttpRequest, actor: Actor, message_id: UUID) -> HttpResponse:
    """Mark as read; one about a thing leads to the thing's own page, others are shown whole."""
    services.read_message(message_id, actor=actor)
    message = selectors.message(access.account(actor), message_id)
    if str(message.subject) in message.page:
        return HttpResponseRedirect(message.page)
    return page(request, "message", "messages", {"message": message, "back": "/messages"})


@require_GET
def short(request: HttpRequest, short_code: str) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """The address in an SMS: on to the message, which asks its own account to sign in."""
    return HttpResponseRedirect(f"/messages/{links.message_of(short_code)}")


@require_POST
@resident_page
def read_all(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001
    """Mark all as read."""
    services.read_all(actor=actor)
    return HttpResponseRedirect("/messages")


@require_http_methods(["GET", "POST"])
@resident_page
def habits(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Which channel comes first, in which language; and every kind, with where it comes through."""
    if request.method == "POST":
        try:
            preferences.change_habit(
                actor=actor, first=request.POST.get("first", ""), language=request.POST.get("language", "")
            )
            notices.success(request, gettext("已保存。"), extra_tags="ok")
        except InvalidInput as problem:
            notices.error(request, " ".join(problem.fields.values()), extra_tags="bad")
        return HttpResponseRedirect(HABITS)
    mine = preferences.preferences(actor)
    rows = [(kind, _through(kind, mine)) for kind in preferences.kinds()]
    context = {
        "mine": mine,
        "languages": Language.choices,
        "musts": [row for row in rows if not row[0].may_be_declined],
        "others": [row for row in rows if row[0].may_be_declined],
        "back": "/messages",
    }
    return page(request, "message_habits", "messages", context)


@require_http_methods(["GET", "POST"])
@resident_page
def habit(request: HttpRequest, actor: Actor, kind: str) -> HttpResponse:
    """One kind: where it comes through; a must-have can only be looked at."""
    known = preferences.named(kind)
    if request.method == "POST":
        try:
            preferences.choose_shown(actor=actor, kind=kind, wanted=request.POST.getlist("channel"))
            notices.success(request, gettext("已保存。"), extra_tags="ok")
        except MustHave as problem:
            notices.error(request, problem.text, extra_tags="bad")
        return HttpResponseRedirect(HABITS)
    mine = preferences.preferences(actor)
    rows = [(channel, preferences.is_wanted(known, channel, mine)) for channel in preferences.possible(known, mine)]
    return page(request, "message_habit", "messages", {"kind": known, "rows": rows, "back": HABITS})


def _through(kind: Kind, mine: Preferences) -> str:
    ways = preferences.possible(kind, mine)
    return "、".join(way.label for way in ways if preferences.is_wanted(kind, way, mine))
