"""爽约记录: what was counted, until when one is blocked, and how to appeal."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError, NotFound
from portal.resident.pages import page, people_of, resident_page
from regional_services.noshow import selectors, services
from tenants.registry import selectors as registry

HERE = "/me/no-shows"


@require_GET
@resident_page
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The account's records, newest first, and the blocks in force of everybody it acts for."""
    if actor.id is None:
        raise NotFound
    names = {view.code: view.name for view in registry.institutions()}
    people = {person.person_id: person.name for person in people_of(actor)}
    context = {
        "rows": [(row, names.get(row.institution_code, "")) for row in selectors.of_account(actor.id)],
        "blocks": [
            (row, names.get(row.institution_code, ""), people[row.person_id])
            for row in selectors.blocks_of(list(people))
        ],
        "days": selectors.APPEAL_DAYS,
        "back": "/me",
    }
    return page(request, "noshows", "me", context)


@require_POST
@resident_page
def appeal(request: HttpRequest, actor: Actor, missed_id: UUID) -> HttpResponse:
    """Say why."""
    try:
        services.appeal(actor=actor, booking_id=missed_id, text=request.POST.get("text", ""))
        messages.success(request, _("申诉已提交，办结后会通知您。"), extra_tags="ok")
    except NotFound:
        raise
    except HubError as refusal:
        messages.error(request, " ".join(refusal.fields.values()) or refusal.text, extra_tags="bad")
    return HttpResponseRedirect(HERE)
