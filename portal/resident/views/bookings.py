"""My bookings: list, one booking with its code, paying, cancelling, registering on the day."""

from __future__ import annotations

from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.security.headers import WITH_PLACE
from hub.sse import topics
from hub.tenancy.scope import hospital
from portal.commands import command_of
from portal.components.paging import id_of, query_with
from portal.components.words import HISTORY_WORDS
from portal.resident.pages import page, resident_page
from portal.resident.views import places
from regional_services.booking import access, changes, moving, registering, rights, selectors, services
from regional_services.booking.arrival import Position, rules_of
from regional_services.booking.models import SETTLED, Settlement, State
from regional_services.booking.selectors import BookingView, Shelf, booking_view
from regional_services.entries import selectors as entries
from regional_services.identity import selectors as identity
from regional_services.payments import selectors as payments
from regional_services.referrals import selectors as referrals
from regional_services.survey import selectors as surveys
from regional_services.waiting import access as waiting
from regional_services.waiting import handlers as waiting_handlers
from regional_services.waiting.errors import NoPlace
from tenants.directory import editing
from tenants.queueing.rules import Way
from tenants.registry import selectors as registry

PAGE = 20
CANCEL_REASONS = ("时间有变化", "选错了科室或医生", "身体已好转", "其他原因")


@require_GET
@resident_page
def bookings(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All bookings over all hospitals, newest first (JA-APPT-19)."""
    if actor.id is None:
        return HttpResponse(status=404)
    before = id_of(request.GET.get("before", ""))
    asked = request.GET.get("list", "")
    shelf = Shelf(asked) if asked in list(Shelf) else None
    rows = selectors.bookings_of_account(actor.id, shelf=shelf, before=before, limit=PAGE + 1)
    shown = rows[:PAGE]
    context = {
        "rows": [_row(view) for view in shown],
        "more": query_with(request, before=str(shown[-1].id)) if len(rows) > PAGE else "",
        "shelves": [
            ("", _("全部")),
            (Shelf.UNPAID, _("待支付")),
            (Shelf.PAID, _("已支付")),
            (Shelf.HISTORY, _("历史")),
        ],
        "shelf": shelf or "",
        "back": "/me",
    }
    return page(request, "bookings", "me", context)


def _row(view: BookingView) -> dict[str, object]:
    """A line of the record with what may be done about it: register, pay, or why not (JA-APPT-04)."""
    stands = view.state is State.BOOKED
    why_not = registering.why_not_registrable(view, clock.now()) if stands else ""
    return {
        "booking": view,
        "institution": registry.institution(view.institution_code).name,
        "may_register": stands and not why_not,
        "why_not_register": why_not,
        "may_pay": view.state is State.AWAITING_PAYMENT,
    }


def _context(actor: Actor, view: BookingView) -> dict[str, object]:
    institution = registry.institution(view.institution_code)
    row = access.own_booking(actor, view.id)
    why_not = registering.why_not_registrable(row, clock.now()) if view.pay_on_day else ""
    card = identity.identity_of(view.person_id)
    sent = referrals.received_of(view.institution_code, view.id) if view.may_be_referred else None
    return {
        **_place(actor, view),
        "booking": view,
        "moving": _moving(view),
        "institution": institution,
        "patient": card,
        "history": [(step, HISTORY_WORDS.get(step.what, step.what)) for step in selectors.history(view.id)],
        "may_cancel": view.state in {State.AWAITING_PAYMENT, State.BOOKED, State.LOCKING, State.CONFIRMING}
        and view.replaced_by is None,
        "may_register": view.pay_on_day and not why_not,
        "why_not_register": why_not if view.state is State.BOOKED and view.settlement is Settlement.UNPAID else "",
        "check_in": _way_to_check_in(view),
        "may_not_enter": view.settlement not in {*SETTLED, Settlement.UNPAID},
        "qr": segno.make(view.number, error="m").svg_data_uri(scale=6, border=2) if view.state is State.BOOKED else "",
        "why_not_move": moving.why_not(row, clock.now()) if view.state is State.BOOKED else "",
        "successor": moving.successor_of(row),
        "predecessor": moving.predecessor_of(row),
        "sent": sent,
        "sent_by": registry.institution(sent.from_code) if sent else None,
        "change": changes.open_change(view.id) if view.state in selectors.LIVE else None,
        "right": rights.right_of(view.id) if view.state is State.STOPPED else None,
        "notices": _visit_notices(view),
        "visit": entries.of_booking(view.account_id, view.id),
        "survey": surveys.of_booking(actor, view.id) if view.state is State.FULFILLED else None,
        "order": payments.order_of_booking(view.id) if view.order_id else None,
        "back": "/bookings",
    }


def _way_to_check_in(view: BookingView) -> str:
    """How the patient may say that he came: by phone `tap` or `place`, else at a `kiosk` or the `desk`; "": not now."""
    if view.state is not State.BOOKED or view.visit_date != clock.today() or view.settlement not in SETTLED:
        return ""
    ways = rules_of(view.institution_code).ways
    return next((way.value for way in (Way.TAP, Way.PLACE, Way.KIOSK) if way in ways), "desk")


def _place(actor: Actor, view: BookingView) -> dict[str, object]:
    """Where the visit of today stands in its queue, and where the page listens; nothing on other days."""
    if view.visit_date != clock.today():
        return {}
    listen = topics.address(waiting_handlers.visit_topic(view.id))
    try:
        return {"listen": listen, **places.told(actor, waiting.own_place(actor, view.id))}
    except NoPlace:
        return {"listen": listen}


@require_GET
@resident_page
def place(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """The place in line alone, asked for whenever the queue moved (JA-APPT-15)."""
    view = booking_view(access.own_booking(actor, booking_id))
    return render(request, "portal/resident/place.html", _place(actor, view))


def _visit_notices(view: BookingView) -> list[str]:
    """What the hospital wants people to know of the visit, while it is still to come."""
    if view.state is not State.BOOKED:
        return []
    with hospital(view.institution_code, read_only=True):
        return editing.visit_notices(view.department_id)


def _moving(view: BookingView) -> bool:
    """Whether the page has to look again: a payment's notice may arrive at any moment while one is awaited."""
    return not view.settled or view.state is State.AWAITING_PAYMENT


@require_GET
@resident_page
def booking(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """One booking: its state in words, what to do next, the code to show, its history."""
    view = booking_view(access.own_booking(actor, booking_id))
    context = _context(actor, view)
    shown = page(request, "booking", "me", context)
    if context["check_in"] == Way.PLACE:
        for name, value in WITH_PLACE.items():
            shown.headers[name] = value
    return shown


@require_GET
@resident_page
def live(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """The moving part of a booking's page, asked for while something still moves; 286 stops the asking."""
    view = booking_view(access.own_booking(actor, booking_id))
    answer = render(request, "portal/resident/booking_live.html", _context(actor, view))
    if not _moving(view):
        answer.status_code = 286
    return answer


@require_POST
@resident_page
def answer_change(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """Stay with the new arrangement, or leave free of charge."""
    stay = request.POST.get("answer") == "stay"
    try:
        changes.answer(actor=actor, booking_id=booking_id, stay=stay)
        words = _("已接受新安排，号为您保留。") if stay else _("已为您免费退出，已付的钱按原路退回。")
        messages.success(request, words, extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"/bookings/{booking_id}")


@require_http_methods(["GET", "POST"])
@resident_page
def cancel(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """Say what cancelling means before it is done."""
    view = booking_view(access.own_booking(actor, booking_id))
    here = f"/bookings/{booking_id}"
    if request.method == "POST":
        reason = request.POST.get("reason") or _("居民取消")
        try:
            services.cancel_booking(
                actor=actor,
                booking_id=booking_id,
                reason=reason[:60],
                command=command_of(request, "booking.cancel"),
            )
        except HubError as refusal:
            messages.error(request, refusal.text, extra_tags="bad")
        return HttpResponseRedirect(here)
    institution = registry.institution(view.institution_code)
    context = {"booking": view, "institution": institution, "back": here, "reasons": CANCEL_REASONS}
    return page(request, "booking_cancel", "me", context)


@require_POST
@resident_page
def register(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """去挂号, then straight to paying."""
    try:
        services.register_booking(actor=actor, booking_id=booking_id, command=command_of(request, "booking.register"))
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
        return HttpResponseRedirect(f"/bookings/{booking_id}")
    return HttpResponseRedirect(f"/bookings/{booking_id}/pay")


def _position(request: HttpRequest) -> Position | None:
    """What the page's script put into the form; none without it, or where the person did not allow it."""
    typed = request.POST
    try:
        return Position(
            latitude=float(typed["latitude"]), longitude=float(typed["longitude"]), accuracy=float(typed["accuracy"])
        )
    except (KeyError, ValueError):
        return None


@require_POST
@resident_page
def check_in(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """The patient is there; with his position where the hospital wants to know it."""
    try:
        services.check_in(actor=actor, booking_id=booking_id, position=_position(request))
        messages.success(request, _("签到成功，请在候诊区等候叫号。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"/bookings/{booking_id}")
