"""The pages of a machine to check in at: start, keypad, what came of it.

Posting leads to a page behind a handle (`handles.py`), so that nothing typed stands in an address and going back shows
nothing of anybody. Words stand in Chinese, with English under them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.api import throttling
from hub.errors import HubError, TooManyRequests
from hub.security import masking
from hub.security.client import client_ip
from hub.tenancy.scope import hospital
from portal.kiosk import handles
from portal.kiosk.handles import Outcome
from portal.screens.links import device_of
from regional_services.cards.kinds import scheme_of
from regional_services.identity import visitcards
from regional_services.identity.visitcards import CardExpired
from tenants.patients import selectors as patients
from tenants.queueing import errors, kiosk, selectors
from tenants.queueing.errors import DeviceNotFound
from tenants.queueing.kiosk import CheckedIn, Shown
from tenants.queueing.models import DeviceKind, EntryState, QueueState
from tenants.queueing.selectors import Board, DeviceView, Person
from tenants.registry import selectors as registry

IDLE_SECONDS = 30
"""After so long without a touch the machine goes back to its start."""
MISS_COST = 3
"""What a try that found nothing takes from the machine's rate, besides its own: guessing numbers gets nowhere."""
LONGEST = 80
MachineView = Callable[..., HttpResponse]


class Unreadable(HubError):
    """A code whose issuer would have to be asked, which only a desk may."""

    code = "kiosk.unreadable"
    status = 422
    text = "这台机器不能识别这个码。请扫预约二维码或就诊卡码，或到服务台。"


WORDS = {
    **{
        refusal.code: refusal.text
        for refusal in (
            errors.NotOpenAtKiosk,
            errors.NothingOfToday,
            errors.OfAnotherDay,
            errors.NotPaidYet,
            errors.AlreadyOver,
            Unreadable,
        )
    },
    CardExpired.code: "就诊卡码已过期。请在手机上刷新后再扫，或到服务台。",
    TooManyRequests.code: "操作太频繁，请稍等一分钟再试，或到服务台。",
}
"""What a refusal says at a machine, where nobody stands by who could help; any other one: that nothing was done."""
NOTHING_DONE = "系统暂时没有回应，没有签到。请到服务台。"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit on the screen and on the slip; `ahead` is None for who is not in line (any more)."""

    name: str
    department: str
    doctor: str
    room: str
    campus: str
    ticket: str
    starts_at: object
    ends_at: object
    ahead: int | None
    called_to: str
    paused: bool


def _machine_page(view: MachineView) -> MachineView:
    """A page of a machine whose link works here; without one the screen says that the machine is out of use."""

    @wraps(view)
    def wrapped(request: HttpRequest, token: str, **rest: str) -> HttpResponse:
        try:
            code, device = device_of(token, DeviceKind.KIOSK)
        except DeviceNotFound:
            context = {"home": _home(request), "idle": IDLE_SECONDS}
            return render(request, "portal/kiosk/stopped.html", context, status=DeviceNotFound.status)
        return view(request, code, device, **rest)

    return wrapped


@require_GET
@_machine_page
def start(request: HttpRequest, code: str, device: DeviceView) -> HttpResponse:
    """签到: hold up a code, or go to the keypad."""
    return _page(request, "start", code, device)


@require_GET
@_machine_page
def type_number(request: HttpRequest, code: str, device: DeviceView) -> HttpResponse:
    """The keypad, for a booking's number or a document's."""
    rows = {"digits": "1234567890X", "letters": "ABCDEFGHIJKLMNOPQRSTUVWYZ"}
    return _page(request, "type", code, device, {**rows, "longest": LONGEST})


@require_POST
@_machine_page
def check_in(request: HttpRequest, code: str, device: DeviceView) -> HttpResponse:
    """Check in whoever's code or number was given; the outcome stands behind a handle."""
    try:
        outcome = Outcome(_checked_in(request, code, device, request.POST.get("code", "").strip()[:LONGEST]))
    except HubError as refusal:
        outcome = Outcome(refusal=refusal.code)
    return HttpResponseRedirect(f"{_home(request)}/shown/{handles.keep(device.id, outcome)}", status=303)


@require_GET
@_machine_page
def shown(request: HttpRequest, code: str, device: DeviceView, shown_id: str) -> HttpResponse:
    """What came of it, while its handle lives; else the start."""
    outcome = handles.kept(device.id, shown_id)
    if outcome is None:
        return HttpResponseRedirect(_home(request))
    about: dict[str, object] = {"shown_id": shown_id, "now": clock.now()}
    visits = _visits(code, outcome.visits)
    if visits:
        return _page(request, "done", code, device, {**about, "visits": visits})
    words = WORDS.get(outcome.refusal or errors.AlreadyOver.code, NOTHING_DONE)
    return _page(request, "refused", code, device, {**about, "words": words})


@require_POST
@_machine_page
def done(request: HttpRequest, code: str, device: DeviceView) -> HttpResponse:  # noqa: ARG001
    """Whoever was there has gone: nothing of it can be shown again."""
    handles.forget(device.id, request.POST.get("shown", "")[:LONGEST])
    return HttpResponseRedirect(_home(request), status=303)


def _home(request: HttpRequest) -> str:
    """The start page of the machine whose page this is."""
    return "/".join(request.path.split("/")[:3])


def _page(
    request: HttpRequest, name: str, code: str, device: DeviceView, context: dict[str, object] | None = None
) -> HttpResponse:
    common = {"institution": registry.institution(code), "device": device, "home": _home(request)}
    return render(request, f"portal/kiosk/{name}.html", {**common, "idle": IDLE_SECONDS, **(context or {})})


def _checked_in(request: HttpRequest, code: str, device: DeviceView, text: str) -> tuple[CheckedIn, ...]:
    subject = f"device:{device.id}"
    throttling.take("kiosk", subject)
    actor = kiosk.machine(code, device, ip=client_ip(request), request_id=getattr(request, "request_id", ""))
    try:
        return kiosk.check_in(actor=actor, hospital=code, shown=_read(text))
    except errors.NothingOfToday:
        with suppress(TooManyRequests):
            throttling.take("kiosk", subject, cost=MISS_COST)
        raise


def _read(text: str) -> Shown:
    """What was held up: a card of ours, or a number; CardExpired, Unreadable."""
    if scheme_of(text) is not None:
        raise Unreadable
    holder = visitcards.opened(text)
    return Shown(person_id=holder) if holder is not None else Shown(number=text)


def _visits(code: str, wanted: tuple[CheckedIn, ...]) -> list[Visit]:
    """The visits as they stand now. Four queries, none without visits."""
    if not wanted:
        return []
    ids = {one.booking_id for one in wanted}
    with hospital(code, read_only=True):
        boards = selectors.boards({one.queue_id for one in wanted})
        found = [(board, person) for board in boards for person in board.everybody if person.booking_id in ids]
        known = patients.patients_of([person.archive_id for _board, person in found if person.archive_id])
    names = {archive_id: masking.name(patient.name) for archive_id, patient in known.items()}
    campuses = {campus.code: campus.name for campus in registry.institution(code).campuses}
    found.sort(key=lambda pair: pair[1].booked)
    return [
        _visit(board, person, names.get(person.archive_id, "") if person.archive_id else "", campuses)
        for board, person in found
    ]


def _visit(board: Board, person: Person, name: str, campuses: dict[str, str]) -> Visit:
    """A visit under a sensitive label names its room, not its department: others may look over a shoulder."""
    queue = board.queue
    called = person.state in (EntryState.CALLED, EntryState.INSIDE)
    return Visit(
        name=name,
        department="" if queue.sensitive else queue.department,
        doctor="" if queue.sensitive else queue.doctor,
        room=queue.room,
        campus=campuses.get(queue.campus_code, ""),
        ticket=person.ticket,
        starts_at=person.booked,
        ends_at=person.booked_end,
        ahead=person.ahead if person.state is EntryState.WAITING else None,
        called_to=person.station if called else "",
        paused=queue.state is QueueState.PAUSED,
    )
