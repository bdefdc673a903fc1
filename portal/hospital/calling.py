"""叫号: the doctor's one screen. Who is inside, who comes next, one key for the next step."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError
from hub.tenancy.scope import hospital
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import id_of
from portal.hospital.queue_parts import hall_address, named
from tenants.queueing import permissions, selectors, services
from tenants.queueing.errors import QueueNotFound
from tenants.queueing.rules import Caller
from tenants.queueing.selectors import QueueView

_STATIONS = "stations"
NEXT_SHOWN = 8


def _station_of(request: HttpRequest, queue: QueueView) -> str:
    kept = request.session.get(_STATIONS, {}).get(str(queue.id), "")
    return str(kept or queue.room or queue.doctor or queue.department)


@require_GET
@desk_page(permissions.CALL)
def page(request: HttpRequest, actor: Actor, queue_id: UUID) -> HttpResponse:
    """Everything on one screen; it looks again by itself whenever the queue moved."""
    context = {**_context(request, actor, queue_id), "listen": hall_address(own_hospital(actor))}
    return desk(request, actor, "calling", "queues", context)


@require_GET
@desk_page(permissions.CALL)
def board(request: HttpRequest, actor: Actor, queue_id: UUID) -> HttpResponse:
    """The moving part of the page."""
    return render(request, "portal/desk/calling_board.html", _context(request, actor, queue_id))


def _context(request: HttpRequest, actor: Actor, queue_id: UUID) -> dict[str, object]:
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        found = selectors.board(queue_id)
        if found is None or not actor.sees(found.queue.department_id):
            raise QueueNotFound
        [people] = named([found])
        calls = selectors.calls_of_queue(queue_id)
    station = _station_of(request, found.queue)
    mine = [one for one in people.active if one.person.station == station]
    return {
        "queue": found.queue,
        "board": found,
        "people": people,
        "station": station,
        "current": mine[0] if mine else None,
        "others": [one for one in people.active if one.person.station != station],
        "coming": people.line[:NEXT_SHOWN],
        "out": [*people.away, *people.passed, *people.missing[:NEXT_SHOWN]],
        "calls": calls,
        "may_triage": actor.may(permissions.TRIAGE),
        "elsewhere": found.rules.caller is not Caller.HUB,
    }


@require_POST
@desk_page(permissions.CALL)
def act(request: HttpRequest, actor: Actor, queue_id: UUID) -> HttpResponse:
    """One key was pressed."""
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        queue = selectors.queue(queue_id)
    if queue is None or not actor.sees(queue.department_id):
        raise QueueNotFound
    wanted, station = request.POST.get("act", ""), _station_of(request, queue)
    try:
        if wanted == "station":
            _keep_station(request, queue, request.POST.get("station", ""))
        elif wanted == "next":
            _next(request, actor, queue, station)
        elif wanted == "call":
            services.call_one(actor=actor, hospital=code, entry_id=_entry_id(request), station=station)
        elif wanted == "pause":
            services.pause(
                actor=actor, hospital=code, queue_id=queue_id, reason=request.POST.get("reason", "") or _("医生暂离")
            )
        elif wanted == "resume":
            services.resume(actor=actor, hospital=code, queue_id=queue_id)
        elif wanted in _ACTS:
            _ACTS[wanted](actor=actor, hospital=code, entry_id=_entry_id(request))
    except HubError as refusal:
        messages.warning(request, refusal.text, extra_tags="warn")
    return HttpResponseRedirect(f"/workspace/calling/{queue_id}")


_ACTS: dict[str, Callable[..., None]] = {
    "answer": services.answer,
    "recall": services.recall,
    "skip": services.skip,
    "finish": services.finish,
    "away": services.send_away,
    "back": services.come_back,
}


def _next(request: HttpRequest, actor: Actor, queue: QueueView, station: str) -> None:
    called = services.call_next(
        actor=actor,
        hospital=own_hospital(actor),
        queue_id=queue.id,
        station=station,
        expected=id_of(request.POST.get("expected", "")),
    )
    if called is None:
        messages.info(request, _("这位已看完，当前没有其他候诊患者。"), extra_tags="ok")


def _entry_id(request: HttpRequest) -> UUID:
    found = id_of(request.POST.get("entry", ""))
    if found is None:
        raise QueueNotFound
    return found


def _keep_station(request: HttpRequest, queue: QueueView, station: str) -> None:
    """Which room calls from this page; rooms that share a queue each keep their own."""
    held = dict(request.session.get(_STATIONS, {}))
    held[str(queue.id)] = station.strip()[: services.STATION_LIMIT]
    request.session[_STATIONS] = held
