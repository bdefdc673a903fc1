"""The pages of a machine to check in at: start, keypad, what came of it.

Posting leads to a page behind a handle (`handles.py`), so that nothing typed stands in an address and going back shows
nothing of anybody. Words stand in Chinese, with English under them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.api import throttling
from hub.errors import HubError, TooManyRequests
from hub.security import masking
from hub.security.client import client_ip
from hub.tenancy.scope import hospital
from portal.kiosk import handles
from portal.kiosk.handles import Outcome
from portal.screens.links import device_of
from regional_services.cards import services as cards
from regional_services.cards.kinds import scheme_of
from regional_services.cards.models import ScanState
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
PATIENCE = timedelta(seconds=12)
"""How long a machine waits for a card's issuer, who is given three seconds once it is his turn."""
MachineView = Callable[..., HttpResponse]


class CodeRefused(HubError):
    """Its issuer says that this code is no good: unknown, run out, or given back."""

    code = "kiosk.code_refused"
    status = 422
    text = "这个码无效或已过期。请在手机上刷新后再扫，或到服务台。"


class CodeUnanswered(HubError):
    """Its issuer did not answer in time."""

    code = "kiosk.code_unanswered"
    status = 503
    text = "发卡方暂时没有答复，没有签到。请改用预约二维码或证件号，或到服务台。"


WORDS = {
    **{
        refusal.code: refusal.text
        for refusal in (
            errors.NotOpenAtKiosk,
            errors.NothingOfToday,
            errors.NothingForHolder,
            errors.OfAnotherDay,
            errors.NotPaidYet,
            errors.AlreadyOver,
            CodeRefused,
            CodeUnanswered,
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
    actor, text = _actor(request, code, device), request.POST.get("code", "").strip()[:LONGEST]
    return _leads_to(request, device, lambda: _tried(actor, code, text))


@require_POST
@_machine_page
def answer(request: HttpRequest, code: str, device: DeviceView) -> HttpResponse:
    """What the issuer of a scanned card said: check its holder in, say why not, or wait on."""
    shown_id = request.POST.get("shown", "")[:LONGEST]
    outcome = handles.kept(device.id, shown_id)
    if outcome is None or outcome.scan_id is None:
        return HttpResponseRedirect(_home(request), status=303)
    actor, scan_id = _actor(request, code, device), outcome.scan_id
    scan = cards.scan_of(actor, code, scan_id)
    if scan.state == ScanState.ASKED and clock.now() - scan.asked_at < PATIENCE:
        return HttpResponseRedirect(f"{_home(request)}/shown/{shown_id}", status=303)
    handles.forget(device.id, shown_id)
    return _leads_to(request, device, lambda: _of_card(actor, code, scan_id, ScanState(scan.state)))


@require_GET
@_machine_page
def shown(request: HttpRequest, code: str, device: DeviceView, shown_id: str) -> HttpResponse:
    """What came of it, while its handle lives; else the start."""
    outcome = handles.kept(device.id, shown_id)
    if outcome is None:
        return HttpResponseRedirect(_home(request))
    if outcome.scan_id is not None:
        return _page(request, "asking", code, device, {"shown_id": shown_id})
    about: dict[str, object] = {"shown_id": shown_id, "now": clock.now()}
    visits = _visits(code, outcome.visits)
    if visits:
        waits = any(not visit.called_to for visit in visits)
        return _page(request, "done", code, device, {**about, "visits": visits, "waits": waits})
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


def _leads_to(request: HttpRequest, device: DeviceView, work: Callable[[], Outcome]) -> HttpResponse:
    """To the page of what came of it, behind a new handle."""
    try:
        outcome = work()
    except HubError as refusal:
        outcome = Outcome(refusal=refusal.code)
    return HttpResponseRedirect(f"{_home(request)}/shown/{handles.keep(device.id, outcome)}", status=303)


def _actor(request: HttpRequest, code: str, device: DeviceView) -> Actor:
    return kiosk.machine(code, device, ip=client_ip(request), request_id=getattr(request, "request_id", ""))


def _tried(actor: Actor, code: str, text: str) -> Outcome:
    """A card of ours or a number is looked up at once; a health card or an insurance code is asked of its issuer."""
    throttling.take("kiosk", f"device:{actor.id}")
    if scheme_of(text) is not None:
        kiosk.require_open(actor=actor, hospital=code)
        return Outcome(scan_id=cards.scan(actor=actor, hospital=code, text=text))
    holder = visitcards.opened(text)
    return _checked_in(actor, code, Shown(person_id=holder) if holder is not None else Shown(number=text))


def _of_card(actor: Actor, code: str, scan_id: UUID, state: ScanState) -> Outcome:
    """The visits of whom the issuer named; CodeRefused, CodeUnanswered."""
    if state is ScanState.KNOWN:
        return _checked_in(actor, code, Shown(document=cards.use(actor=actor, hospital=code, scan_id=scan_id)))
    refusal = CodeRefused() if state is ScanState.REFUSED else CodeUnanswered()
    kiosk.note_refusal(actor=actor, hospital=code, why=refusal.code)
    if state is ScanState.REFUSED:
        _miss(actor)
    raise refusal


def _checked_in(actor: Actor, code: str, wanted: Shown) -> Outcome:
    try:
        return Outcome(kiosk.check_in(actor=actor, hospital=code, shown=wanted))
    except errors.NothingOfToday:
        _miss(actor)
        raise


def _miss(actor: Actor) -> None:
    with suppress(TooManyRequests):
        throttling.take("kiosk", f"device:{actor.id}", cost=MISS_COST)


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
