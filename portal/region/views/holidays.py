"""节假日: the district's table of public holidays and working days in exchange."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.booking.permissions import VIEW_DISTRICT
from tenants.registry import calendar
from tenants.registry.models import DayKind
from tenants.registry.permissions import EDIT

HOME = "/district/calendar"


@require_GET
@district_page(VIEW_DISTRICT)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The marked days of a year."""
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and 2020 <= int(asked) <= 2100 else clock.today().year
    context = {
        "year": year,
        "rows": sorted(calendar.marks(date(year, 1, 1), date(year, 12, 31)).values(), key=lambda mark: mark.day),
        "kinds": DayKind.choices,
        "may_edit": actor.may(EDIT),
    }
    return desk(request, actor, "calendar", "calendar", context)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("请填写日期。")) from None


@require_POST
@district_page(EDIT)
def change(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Mark a day, or take its mark away."""
    year = clock.today().year
    try:
        day = _day(request.POST.get("day", ""))
        year = day.year
        if request.POST.get("to") == "clear":
            calendar.clear_day(actor=actor, day=day)
        else:
            calendar.set_day(actor=actor, day=day, kind=request.POST.get("kind", ""), name=request.POST.get("name", ""))
        messages.success(request, _("已保存。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"{HOME}?year={year}")
