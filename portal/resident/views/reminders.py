"""有号提醒: told once when a department or a doctor has numbers (WX-APPT-14)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError, NotFound
from hub.tenancy.scope import region
from portal.components.paging import id_of
from portal.resident.pages import next_of, page, resident_page
from regional_services.doctors import access, reminding

HOME = "/me/reminders"


@require_GET
@resident_page
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What I wait to hear of, and what I was told."""
    with region(read_only=True):
        rows = reminding.reminders_of(access.account(actor))
    return page(request, "reminders", "me", {"rows": rows, "back": "/me"})


@require_POST
@resident_page
def remind(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Remind me of a department, or of one of its doctors."""
    department = id_of(request.POST.get("department", ""))
    try:
        if department is None:
            raise NotFound
        reminding.remind(actor=actor, department_id=department, doctor_id=id_of(request.POST.get("doctor", "")))
        messages.success(request, _("已设提醒：有号时马上通知您一次。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(next_of(request, HOME))


@require_POST
@resident_page
def drop(request: HttpRequest, actor: Actor, reminder_id: int) -> HttpResponse:
    """Not any more."""
    reminding.drop(actor=actor, reminder_id=reminder_id)
    messages.success(request, _("已取消提醒。"), extra_tags="ok")
    return HttpResponseRedirect(HOME)
