"""今日: who comes today, the field that takes any code, the list to print."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from hub import clock
from hub.actor import Actor
from hub.errors import NotFound
from hub.security.guards import Guard, Side, declare
from hub.tenancy.scope import hospital
from institution_connectors.exchange import health as connector_health
from institution_connectors.exchange import permissions as exchange_permissions
from portal.components.paging import query_with
from portal.desk.feedback import overdue_of
from portal.desk.lights import light
from portal.desk.pages import desk, desk_page, first_page, own_hospital, staff_of
from portal.hospital.finding import FindForm
from portal.hospital.parts import PAGE, after_of, date_of, lines, place
from tenants.appointments import daily, permissions, selectors
from tenants.appointments.models import State
from tenants.nightly import permissions as nightly_permissions
from tenants.nightly import services as nightly


@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """Where staff begin: the day's appointments for those who see them, else the first page of their bar."""
    actor = staff_of(request)
    if actor is not None and not actor.may(permissions.VIEW) and first_page(actor) != request.path:
        return HttpResponseRedirect(first_page(actor))
    return _today(request)


declare(today, Guard(Side.STAFF, permissions.VIEW))


@desk_page(permissions.VIEW)
def _today(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Appointments for visits on a day, by time: who, where, in what state, and whether the HIS knows."""
    code, day = own_hospital(actor), date_of(request, "day") or clock.today()
    state = request.GET.get("state", "")
    with hospital(code, read_only=True):
        rows = selectors.appointments_of_day(
            day, state=state, departments=actor.departments, after=after_of(request), limit=PAGE + 1
        )
        shown = lines(rows[:PAGE])
        counts = selectors.counts_of_day(day, departments=actor.departments)
        health = connector_health.health() if actor.may(exchange_permissions.VIEW) and actor.sees_all else None
        report = nightly.unseen(actor) if actor.may(nightly_permissions.VIEW) and actor.sees_all else None
    form = FindForm(request)
    form.fields["q"].widget.attrs["autofocus"] = True  # a scanner types where the cursor is
    context = {
        "form": form,
        "overdue_feedback": overdue_of(actor),
        "day": day,
        "here": query_with(request),
        "before": day - timedelta(days=1),
        "following": day + timedelta(days=1),
        "state": state,
        "tiles": [(value, label, counts.get(value, 0)) for value, label in State.choices],
        "rows": shown,
        "may_book": actor.may(permissions.BOOK),
        "may_print": actor.may(permissions.PRINT_LIST) and actor.sees_all,
        "light": light(health) if health else None,
        "report": report,
        "more": query_with(request, after=place(rows[PAGE - 1].starts_at, rows[PAGE - 1].id))
        if len(rows) > PAGE
        else "",
    }
    if request.headers.get("HX-Request"):
        return desk(request, actor, "today_live", "today", context)
    return desk(request, actor, "today", "today", context)


@require_GET
@desk_page(permissions.PRINT_LIST, whole=True)
def day_list(request: HttpRequest, actor: Actor, day: str) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """The list of a day, as stored at 06:00 or made now."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise NotFound from None
    content = daily.read(actor=actor, hospital=own_hospital(actor), day=wanted)
    return HttpResponse(content, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})
