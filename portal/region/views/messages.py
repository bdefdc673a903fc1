"""消息 of the whole district: deliveries, wordings, quiet hours."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.actor import Actor
from hub.errors import InvalidInput
from portal.desk import deliveries, wordings
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.notifications import quiet as hours
from regional_services.notifications.permissions import EDIT, RESEND, VIEW

HERE = "/district/deliveries"
WORDINGS = "/district/wordings"


@require_GET
@district_page(VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list with its filters."""
    return deliveries.listed(request, actor, HERE)


@require_GET
@district_page(VIEW)
def sheet(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same as a sheet."""
    return deliveries.export(request, actor)


@require_GET
@district_page(VIEW)
def statistics(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Figures, each leading to its list."""
    return deliveries.statistics(request, actor, HERE)


@require_GET
@district_page(VIEW)
def one(request: HttpRequest, actor: Actor, message_id: UUID) -> HttpResponse:
    """A message with its history."""
    return deliveries.one(request, actor, HERE, message_id)


@require_POST
@district_page(VIEW)
def opened(request: HttpRequest, actor: Actor, message_id: UUID) -> HttpResponse:
    """Its words; the look is audited."""
    return deliveries.opened(request, actor, HERE, message_id)


@require_POST
@district_page(RESEND)
def resend(request: HttpRequest, actor: Actor, message_id: UUID) -> HttpResponse:
    """Send one again."""
    return deliveries.resend(request, actor, HERE, message_id)


@require_http_methods(["GET", "POST"])
@district_page(RESEND)
def resend_found(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Send again what a search found."""
    return deliveries.resend_found(request, actor, HERE)


@require_GET
@district_page(EDIT)
def kinds(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every kind of message."""
    return wordings.kinds(request, actor, WORDINGS)


@require_http_methods(["GET", "POST"])
@district_page(EDIT)
def wording(request: HttpRequest, actor: Actor, kind: str, channel: str, language: str) -> HttpResponse:
    """One wording."""
    return wordings.edit(request, actor, WORDINGS, (kind, channel, language))


@require_POST
@district_page(EDIT)
def preview(request: HttpRequest, actor: Actor, kind: str, channel: str, language: str) -> HttpResponse:  # noqa: ARG001
    """What it would say."""
    return wordings.preview(request, (kind, channel, language))


@require_POST
@district_page(EDIT)
def restore(request: HttpRequest, actor: Actor, kind: str, channel: str, language: str) -> HttpResponse:
    """Back to an earlier version."""
    return wordings.roll_back(request, actor, WORDINGS, (kind, channel, language))


@require_http_methods(["GET", "POST"])
@district_page(EDIT)
def quiet(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The hours in which only urgent kinds leave the house."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        begins, ends = request.POST.get("begins", ""), request.POST.get("ends", "")
        try:
            hours.change(actor=actor, begins=begins, ends=ends)
            messages.success(request, gettext("已保存，之后的消息按新时段。"), extra_tags="ok")
            return HttpResponseRedirect("/district/deliveries/quiet")
        except InvalidInput as problem:
            problems = problem.fields
    context = {"here": HERE, "now": hours.in_force(), "asked": request.POST, "problems": problems, "may_edit": True}
    answer = desk(request, actor, "quiet_hours", "deliveries", context)
    answer.status_code = 422 if problems else 200
    return answer
