"""改约: choose another day and number of the same department, read back both, then move the visit."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from portal.commands import command_of
from portal.resident.pages import page, resident_page
from portal.resident.views.catalog import chosen_day, days_shown, session_row
from portal.resident.views.numbers import session_context
from regional_services.booking import access, changes, moving, rush, services
from regional_services.booking.errors import WaitInLine
from regional_services.booking.models import Settlement
from regional_services.booking.moving import NewPlace
from regional_services.booking.selectors import booking_view
from regional_services.catalog import selectors
from regional_services.catalog.selectors import SessionCard
from regional_services.identity import selectors as identity
from tenants.registry import selectors as registry


def _refused(request: HttpRequest, booking_id: UUID, reason: str) -> HttpResponse | None:
    """Back to the booking, with the reason, where it can't be moved."""
    if not reason:
        return None
    messages.warning(request, reason, extra_tags="warn")
    return HttpResponseRedirect(f"/bookings/{booking_id}")


@require_GET
@resident_page
def days(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """The other sessions of the department, day by day."""
    booking = access.own_booking(actor, booking_id)
    refused = _refused(request, booking_id, moving.why_not(booking, clock.now()))
    if refused is not None:
        return refused
    shown = days_shown(booking.department_id)
    chosen = chosen_day(request.GET.get("day", ""), shown)
    others = _others(booking.department_id, booking.session_id, chosen)
    if not others and "day" not in request.GET:  # his own session is the only one of that day
        chosen = next((day.date for day in shown if day.free and day.date > chosen), chosen)
        others = _others(booking.department_id, booking.session_id, chosen)
    rules = registry.institution(booking.institution_code)
    context = {
        "booking": booking_view(booking),
        "days": shown,
        "chosen": chosen,
        "sessions": [session_row(card, first=False) for card in others],
        "times_left": rules.rule_at("reschedule_times", booking.created_at) - booking.moved_times,
        "back": f"/bookings/{booking_id}",
    }
    return page(request, "moving_days", "me", context)


def _others(department: UUID, booked: UUID, day: date) -> list[SessionCard]:
    """The sessions of the department on a day, without the one that is booked. One query."""
    return [card for card in selectors.sessions_of(department, day=day) if card.id != booked]


@require_GET
@resident_page
def numbers(request: HttpRequest, actor: Actor, booking_id: UUID, session_id: UUID) -> HttpResponse:
    """The free numbers of the session that was chosen."""
    booking = access.own_booking(actor, booking_id)
    refused = _refused(request, booking_id, moving.why_not(booking, clock.now()))
    if refused is not None:
        return refused
    context, card, found = session_context(request, booking.institution_code, session_id)
    context |= {
        "booking": booking_view(booking),
        "numbers": [] if context["closed"] or context["opens"] else [number for number in found if number.is_free],
        "back": f"/bookings/{booking_id}/reschedule?day={card.date.isoformat()}",
    }
    return page(request, "moving_numbers", "me", context)


@require_http_methods(["GET", "POST"])
@resident_page
def confirm(request: HttpRequest, actor: Actor, booking_id: UUID, session_id: UUID, number_id: UUID) -> HttpResponse:
    """Read back the old and the new, and what is to be paid or comes back; then move."""
    booking = access.own_booking(actor, booking_id)
    if request.method == "POST":
        return _move(request, actor, booking_id, session_id, number_id)
    refused = _refused(request, booking_id, moving.why_not(booking, clock.now()))
    if refused is not None:
        return refused
    context, card, found = session_context(request, booking.institution_code, session_id)
    number = next((row for row in found if row.id == number_id and row.is_free), None)
    back = f"/bookings/{booking_id}/reschedule/{session_id}"
    if number is None or context["opens"]:
        messages.warning(request, _("这个号刚刚被约走了，请另选一个。"), extra_tags="warn")
        return HttpResponseRedirect(back)
    paid = booking.fee_fen - changes.given_back(booking.id) if booking.settlement == Settlement.PAID else 0
    context |= {
        "booking": booking_view(booking),
        "patient": identity.identity_of(booking.person_id),
        "number": number,
        "paid_fen": paid,
        "more_fen": max(card.fee_fen - paid, 0) if paid else 0,
        "less_fen": max(paid - card.fee_fen, 0),
        "quoted": services.is_quoted(booking.institution_code, card.fee_fen),
        "keep": f"/bookings/{booking_id}",
        "back": back,
    }
    return page(request, "moving_confirm", "me", context)


def _move(request: HttpRequest, actor: Actor, booking_id: UUID, session_id: UUID, number_id: UUID) -> HttpResponse:
    back = f"/bookings/{booking_id}/reschedule/{session_id}"
    try:
        place = NewPlace(
            session_id=session_id,
            number_id=number_id,
            starts_at=datetime.fromisoformat(request.POST.get("starts_at", "")),
            ends_at=datetime.fromisoformat(request.POST.get("ends_at", "")),
        )
    except ValueError:
        return HttpResponseRedirect(back)
    command = command_of(request, "booking.reschedule")
    try:
        view = moving.reschedule(actor=actor, booking_id=booking_id, place=place, command=command)
    except WaitInLine:
        rush.join(actor, access.own_booking(actor, booking_id).institution_code, session_id)
        messages.warning(request, _("现在预约的人很多，已为您排队；轮到后请回到这里改约。"), extra_tags="warn")
        return HttpResponseRedirect(back)
    except HubError as refusal:
        messages.error(request, f"{refusal.text}{_('原来的号不变。')}", extra_tags="bad")
        return HttpResponseRedirect(back)
    return HttpResponseRedirect(f"/bookings/{view.id}")
