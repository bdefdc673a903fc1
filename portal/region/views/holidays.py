"""节假日: the district's table of public holidays and working days in exchange."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from portal.components.sheets import Sheet
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.booking.permissions import VIEW_DISTRICT
from tenants.registry import calendar, calendar_file
from tenants.registry.calendar import DayMark
from tenants.registry.models import DayKind
from tenants.registry.permissions import EDIT

HOME = "/district/calendar"


@require_GET
@district_page(VIEW_DISTRICT)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The marked days of a year."""
    year = _year(request.GET.get("year", ""))
    context: dict[str, Any] = {
        "year": year,
        "years": (clock.today().year, clock.today().year + 1),
        "rows": _days_of(year),
        "kinds": DayKind.choices,
        "may_edit": actor.may(EDIT),
    }
    context["unconfirmed"] = sum(not row.is_confirmed for row in context["rows"])
    return desk(request, actor, "calendar", "calendar", context)


def _year(text: str) -> int:
    return int(text) if text.isdecimal() and 2020 <= int(text) <= 2100 else clock.today().year


def _days_of(year: int) -> list[DayMark]:
    return sorted(calendar.marks(date(year, 1, 1), date(year, 12, 31)).values(), key=lambda mark: mark.day)


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


@require_POST
@district_page(EDIT)
def confirm(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Say that a year was held against the notice."""
    year = _year(request.POST.get("year", ""))
    try:
        calendar.confirm_year(actor=actor, year=year)
        messages.success(request, _("已标为核对过。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"{HOME}?year={year}")


@require_http_methods(["GET", "POST"])
@district_page(EDIT)
def bring_in(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A file of days: what it would change is shown first, then brought in."""
    if request.method == "GET":
        return desk(request, actor, "calendar_import", "calendar", {"text": ""})
    sent, text = request.FILES.get("file"), request.POST.get("text", "")
    try:
        reading = calendar_file.read(sent.read(calendar_file.MOST_BYTES) if sent is not None else text)
        if request.POST.get("to") == "apply":
            count = calendar_file.bring_in(actor=actor, content=text)
            messages.success(request, _("已导入 %(count)s 天。") % {"count": count}, extra_tags="ok")
            return HttpResponseRedirect(f"{HOME}?year={reading.years[-1]}")
    except HubError as refusal:
        return desk(request, actor, "calendar_import", "calendar", {"text": text, "problems": [refusal.text]})
    lines = "".join(f"{line.day},{line.kind.value},{line.name}\n" for line in reading.lines)
    context = {
        "text": text if reading.problems else lines,
        "problems": reading.problems,
        "reading": reading,
        "differences": [] if reading.problems else calendar_file.differences(reading),
        "asked": not reading.problems,
    }
    return desk(request, actor, "calendar_import", "calendar", context)


@require_GET
@district_page(VIEW_DISTRICT)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """A year as the file that may be brought in again."""
    year = _year(request.GET.get("year", ""))
    sheet = Sheet(f"calendar-{year}.csv")
    sheet.row(calendar_file.COLUMNS)
    for row in _days_of(year):
        sheet.row([row.day.isoformat(), row.kind.value, row.name])
    return sheet.answer
