"""紧急停诊: choose hospitals and days, see who is hit and what goes back, confirm; watch, pause, go on."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.closures import selectors, services
from regional_services.closures.permissions import CLOSE
from regional_services.closures.services import PACES, ClosureWish
from tenants.registry import calendar
from tenants.registry import selectors as registry

HOME = "/district/closures"
DAYS_AHEAD = 14


@require_GET
@district_page(CLOSE)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The closures there were, and the button for a new one."""
    return desk(request, actor, "closures", "closures", {"rows": selectors.latest()})


def _wish(typed: QueryDict) -> ClosureWish:
    days = []
    for text in typed.getlist("day"):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            continue
    numbers = {name: typed.get(name, "") for name in ("per_minute", "rebook_days", "seen")}
    whole = {name: int(text) if text.isdecimal() else -1 for name, text in numbers.items()}
    known = {row.code for row in registry.institutions() if row.is_shown}
    return ClosureWish(
        codes=tuple(code for code in typed.getlist("code") if code in known),
        days=tuple(sorted(set(days))),
        reason=typed.get("reason", "").strip(),
        **whole,
    )


@require_http_methods(["GET", "POST"])
@district_page(CLOSE)
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form; with hospitals and days chosen, what it would do; posted, it begins."""
    typed, problems = request.POST or request.GET, dict[str, str]()
    wish = _wish(typed)
    if request.method == "POST":
        try:
            made = services.close_days(actor=actor, wish=wish)
            return HttpResponseRedirect(f"{HOME}/{made}")
        except HubError as refusal:
            problems = refusal.fields or {"": refusal.text}
    asked = bool(typed.get("reason") is not None and "code" in typed)
    if asked and request.method == "GET":
        problems = wish.problems()
    hits = selectors.preview(wish.codes, wish.days) if wish.codes and wish.days and not wish.problems() else []
    today = clock.today()
    marks = calendar.marks(today, today + timedelta(days=DAYS_AHEAD))
    days = [today + timedelta(days=offset) for offset in range(DAYS_AHEAD)]
    context = {
        "institutions": [(row, row.code in wish.codes) for row in registry.institutions() if row.is_shown],
        "days": [(day, day in wish.days, marks.get(day)) for day in days],
        "wish": wish,
        "paces": PACES,
        "problems": list(problems.values()),
        "hits": hits,
        "previewed": bool(asked and not problems) or bool(hits),
        "total": {
            "sessions": sum(hit.sessions for hit in hits),
            "bookings": sum(hit.bookings for hit in hits),
            "paid": sum(hit.paid for hit in hits),
            "paid_fen": sum(hit.paid_fen for hit in hits),
        },
    }
    answer = desk(request, actor, "closure_new", "closures", context)
    answer.status_code = 422 if problems else 200
    return answer


@require_GET
@district_page(CLOSE)
def closure(request: HttpRequest, actor: Actor, closure_id: UUID) -> HttpResponse:
    """How far it is, hospital by hospital; asks again by itself while it moves."""
    found = selectors.closure(closure_id)
    template = "closure_live" if request.headers.get("HX-Request") else "closure"
    return desk(request, actor, template, "closures", {"closure": found})


@require_POST
@district_page(CLOSE)
def pause(request: HttpRequest, actor: Actor, closure_id: UUID) -> HttpResponse:
    """Hold it where it is, or let it go on."""
    try:
        services.pause(actor=actor, closure_id=closure_id, resume=request.POST.get("to") == "resume")
        messages.success(request, _("已更改。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"{HOME}/{closure_id}")
