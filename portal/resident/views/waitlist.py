"""候补: take a place in line for a full session, see it, confirm the number that fell free, leave."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.actor import Actor
from hub.errors import HubError
from portal.commands import command_of
from portal.resident.pages import chosen_person, page, people_of, resident_page
from portal.resident.views.numbers import session_context
from regional_services.identity import selectors as identity
from regional_services.waitlist import selectors, services
from regional_services.waitlist.selectors import EntryView
from regional_services.waitlist.services import Until
from tenants.registry import selectors as registry

PAGE = 20


@require_http_methods(["GET", "POST"])
@resident_page
def join(request: HttpRequest, actor: Actor, code: str, session_id: UUID) -> HttpResponse:
    """For whom and how long; then take the place."""
    if request.method == "POST":
        return _join(request, actor, code, session_id)
    context, card, _numbers = session_context(request, code, session_id)
    people = people_of(actor)
    last, eve = (services.deadline_of(card, until) for until in (Until.VISIT, Until.EVE))
    if last is None or not services.may_join(card):
        messages.warning(request, _("这个门诊现在不能候补，请选其他日期或医生。"), extra_tags="warn")
        return HttpResponseRedirect(f"/hospitals/{code}/sessions/{session_id}")
    context |= {
        "people": people,
        "chosen": chosen_person(request, people),
        "may_book": any(person.standing in ("verified", "temporary") for person in people),
        "last": last,
        "eve": eve if eve != last else None,
        "back": f"/hospitals/{code}/sessions/{session_id}",
    }
    return page(request, "waitlist_join", "book", context)


def _join(request: HttpRequest, actor: Actor, code: str, session_id: UUID) -> HttpResponse:
    try:
        person_id, until = UUID(request.POST.get("person_id", "")), Until(request.POST.get("until", "visit"))
    except ValueError:
        messages.error(request, _("请先选择就诊人。"), extra_tags="bad")
        return HttpResponseRedirect(request.get_full_path())
    try:
        view = services.join(
            actor=actor,
            institution=code,
            person_id=person_id,
            session_id=session_id,
            until=until,
            command=command_of(request, "waitlist.join"),
        )
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
        return HttpResponseRedirect(f"/hospitals/{code}/sessions/{session_id}")
    return HttpResponseRedirect(f"/waitlist/{view.id}")


@require_GET
@resident_page
def entries(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All places over all hospitals, newest first."""
    if actor.id is None:
        return HttpResponse(status=404)
    before = UUID(request.GET["before"]) if request.GET.get("before") else None
    rows = selectors.of_account(actor.id, before=before, limit=PAGE + 1)
    shown = rows[:PAGE]
    context = {
        "rows": [_row(view) for view in shown],
        "more": shown[-1].id if len(rows) > PAGE else None,
        "back": "/me",
    }
    return page(request, "waitlist", "me", context)


def _row(view: EntryView) -> dict[str, object]:
    return {"entry": view, "institution": registry.institution(view.institution_code)}


@require_GET
@resident_page
def entry(request: HttpRequest, actor: Actor, entry_id: UUID) -> HttpResponse:
    """One place: how many are ahead, or the number held for it and until when."""
    view = selectors.view_of(selectors.own_entry(actor, entry_id))
    context = {**_row(view), "patient": identity.identity_of(view.person_id), "back": "/waitlist"}
    return page(request, "waitlist_entry", "me", context)


@require_POST
@resident_page
def accept(request: HttpRequest, actor: Actor, entry_id: UUID) -> HttpResponse:
    """Confirm the number; on to the booking, and to paying where a fee is due."""
    try:
        view = services.accept(actor=actor, entry_id=entry_id)
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
        return HttpResponseRedirect(f"/waitlist/{entry_id}")
    return HttpResponseRedirect(f"/bookings/{view.id}")


@require_POST
@resident_page
def leave(request: HttpRequest, actor: Actor, entry_id: UUID) -> HttpResponse:
    """Leave the line."""
    try:
        services.leave(actor=actor, entry_id=entry_id)
        messages.success(request, _("已退出候补，没有产生费用。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"/waitlist/{entry_id}")
