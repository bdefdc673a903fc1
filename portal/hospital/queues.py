"""候诊: all queues of the day, one queue at the triage desk, its acts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.tenancy.scope import hospital
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import id_of
from portal.hospital.queue_parts import hall_address, named
from tenants.queueing import permissions, selectors, services
from tenants.queueing.errors import QueueNotFound
from tenants.queueing.models import QueueState
from tenants.queueing.rules import Priority


@require_GET
@desk_page(permissions.VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Today's queues with their counts."""
    code = own_hospital(actor)
    text = request.GET.get("q", "").strip()
    with hospital(code, read_only=True):
        day = selectors.queues_of_day(clock.today())
    rows = [row for row in day if actor.sees(row.queue.department_id) and text in f"{row.queue.title} {row.queue.room}"]
    context = {
        "rows": rows,
        "q": text,
        "day": clock.today(),
        "listen": hall_address(code),
        "may_call": actor.may(permissions.CALL),
        "may_devices": actor.may(permissions.DEVICES),
        "may_rules": actor.sees_all,
    }
    if request.headers.get("HX-Request"):
        return render(request, "portal/desk/queue_rows.html", context)
    return desk(request, actor, "queues", "queues", context)


@require_GET
@desk_page(permissions.VIEW)
def one(request: HttpRequest, actor: Actor, queue_id: UUID) -> HttpResponse:
    """One queue at the desk: everybody in it, with what may be done for each."""
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        found = selectors.board(queue_id)
        if found is None or not actor.sees(found.queue.department_id):
            raise QueueNotFound
        [people] = named([found])
        others = [
            row.queue
            for row in selectors.queues_of_day(found.queue.day)
            if row.queue.id != queue_id
            and row.queue.state is not QueueState.CLOSED
            and actor.sees(row.queue.department_id)
        ]
        calls = selectors.calls_of_queue(queue_id)
    context = {
        "queue": found.queue,
        "board": found,
        "people": people,
        "others": others,
        "calls": calls,
        "priorities": [(kind.value, kind.text) for kind in Priority],
        "listen": hall_address(code),
        "may_triage": actor.may(permissions.TRIAGE),
        "may_check_in": actor.may(permissions.CHECK_IN),
        "may_call": actor.may(permissions.CALL),
    }
    if request.headers.get("HX-Request"):
        return render(request, "portal/desk/queue_people.html", context)
    return desk(request, actor, "queue", "queues", context)


@require_POST
@desk_page(permissions.VIEW)
def act(request: HttpRequest, actor: Actor, queue_id: UUID) -> HttpResponse:
    """What the desk does: check in, back in line, priority, transfer, pause, resume, close."""
    code, wanted = own_hospital(actor), request.POST.get("act", "")
    entry, reason = id_of(request.POST.get("entry", "")), request.POST.get("reason", "")
    try:
        if wanted == "check_in":
            booking = id_of(request.POST.get("booking", ""))
            if booking is None:
                raise QueueNotFound
            services.check_in_at_desk(actor=actor, hospital=code, booking_id=booking)
            messages.success(request, _("已签到。"), extra_tags="ok")
        elif wanted in {"pause", "resume", "close"}:
            _turn(actor, code, queue_id, wanted, reason)
        elif entry is not None:
            _for_one(request, actor, code, entry, wanted, reason)
    except HubError as refusal:
        messages.error(request, " ".join([refusal.text, *refusal.fields.values()]), extra_tags="bad")
    return HttpResponseRedirect(f"/workspace/queues/{queue_id}")


def _turn(actor: Actor, code: str, queue_id: UUID, wanted: str, reason: str) -> None:
    if wanted == "pause":
        services.pause(actor=actor, hospital=code, queue_id=queue_id, reason=reason or _("暂停叫号"))
    elif wanted == "resume":
        services.resume(actor=actor, hospital=code, queue_id=queue_id)
    else:
        services.close(actor=actor, hospital=code, queue_id=queue_id)


def _for_one(request: HttpRequest, actor: Actor, code: str, entry: UUID, wanted: str, reason: str) -> None:
    if wanted == "back":
        services.come_back(actor=actor, hospital=code, entry_id=entry)
    elif wanted == "transfer":
        target = id_of(request.POST.get("queue", ""))
        if target is None:
            raise QueueNotFound
        services.transfer(actor=actor, hospital=code, entry_id=entry, queue_id=target, reason=reason)
        messages.success(request, _("已换到另一队，患者会收到新的诊室和号序。"), extra_tags="ok")
    elif wanted == "priority":
        wish = request.POST.get("priority", "")
        kind = Priority(wish) if wish in _KINDS else Priority.NONE
        services.set_priority(actor=actor, hospital=code, entry_id=entry, priority=kind, reason=reason)
        messages.success(request, _("已改优先，先后已重新排定。"), extra_tags="ok")


_KINDS = frozenset(kind.value for kind in Priority)
