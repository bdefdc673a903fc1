"""A waiting hall's screen: the newest call large, each room with who is inside and the next five, names masked.

It looks again when told so by server-sent events, and every twenty seconds besides; rooms that need several pages turn
faster, each in its time. What is cried out stands in the page as words, and as JSON for a hall's speech system.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hub import clock
from hub.security import masking
from hub.tenancy.scope import hospital
from portal.hospital.queue_parts import Named, NamedBoard, hall_address, named
from portal.screens.links import device_of
from tenants.queueing import selectors
from tenants.queueing.models import EntryState, QueueState
from tenants.queueing.selectors import DeviceView
from tenants.registry import selectors as registry

NEXT = 5
ROWS = 6
TURN_SECONDS = 12
STILL_SECONDS = 20
SPOKEN_FOR = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody on the wall: number and masked name."""

    ticket: str
    name: str
    station: str
    is_called: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One room on the wall."""

    title: str
    room: str
    paused: str
    active: list[Shown]
    coming: list[Shown]
    more: int


@dataclass(frozen=True, slots=True)
class Cry:
    """What is said aloud; `key` names this call, so that nobody hears it twice."""

    key: str
    text: str
    shown: Shown


@require_GET
def device(request: HttpRequest, token: str) -> HttpResponse:
    """The whole screen."""
    code, found = device_of(token)
    context = {**_context(code, found), "token": token, "listen": hall_address(code)}
    return render(request, "portal/screens/hall.html", context)


@require_GET
def board(request: HttpRequest, token: str) -> HttpResponse:
    """The moving part."""
    code, found = device_of(token)
    return render(request, "portal/screens/hall_board.html", _context(code, found))


@require_GET
def voice(request: HttpRequest, token: str) -> JsonResponse:  # noqa: ARG001
    """What is to be cried out, newest first, for a speech system: `key` tells a new call from a known one."""
    code, found = device_of(token)
    cries = _context(code, found)["cries"]
    assert isinstance(cries, list)
    return JsonResponse({"calls": [{"key": cry.key, "text": cry.text} for cry in cries]})


def _context(code: str, found: DeviceView) -> dict[str, object]:
    now = clock.now()
    with hospital(code, read_only=True):
        tallies = selectors.queues_of_day(clock.today(), departments=found.departments)
        busy = [row.queue.id for row in tallies if row.queue.state is not QueueState.CLOSED and _lives(row)]
        boards = named(selectors.boards(busy))
    boards.sort(key=lambda one: (one.board.queue.room, one.board.queue.title))
    cries = _cries(boards)
    pages = max(1, -(-len(boards) // ROWS))
    page = int(now.timestamp() // TURN_SECONDS) % pages
    return {
        "device": found,
        "institution": registry.institution(code),
        "now": now,
        "rows": [_row(one) for one in boards[page * ROWS : (page + 1) * ROWS]],
        "cries": cries,
        "large": cries[0].shown if cries else None,
        "page_number": page + 1,
        "pages": pages,
        "again": TURN_SECONDS if pages > 1 else STILL_SECONDS,
    }


def _lives(row: selectors.Tally) -> bool:
    return bool(row.inside or row.present or row.missing)


def _shown(one: Named) -> Shown:
    name = masking.name(one.patient.name) if one.patient else ""
    return Shown(one.person.ticket, name, one.person.station, one.person.state is EntryState.CALLED)


def _row(one: NamedBoard) -> Row:
    queue = one.board.queue
    return Row(
        title=queue.title,
        room=queue.room,
        paused=(queue.pause_reason or "暂停叫号") if queue.state is QueueState.PAUSED else "",
        active=[_shown(person) for person in one.active],
        coming=[_shown(person) for person in one.line[:NEXT]],
        more=max(0, len(one.line) - NEXT),
    )


def _cries(boards: list[NamedBoard]) -> list[Cry]:
    """The calls that still stand, newest first. Names are not said: a number and a room are enough (practice 5)."""
    now = clock.now()
    called = [
        (one.person.called_at, one)
        for board in boards
        for one in board.active
        if one.person.called_at and one.person.state is EntryState.CALLED
    ]
    called.sort(key=lambda pair: pair[0], reverse=True)
    return [
        Cry(
            f"{one.person.id}:{one.person.calls}",
            f"请{_spoken(one.person.ticket)}号，到{one.person.station}就诊",
            _shown(one),
        )
        for at, one in called
        if now - at < SPOKEN_FOR or one is called[0][1]
    ]


def _spoken(ticket: str) -> str:
    """`012` is said 零一二, digit by digit."""
    return "".join("零一二三四五六七八九"[int(one)] if one.isascii() and one.isdigit() else one for one in ticket)
