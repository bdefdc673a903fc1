"""Paying a booking's order: one page that waits for the channel, then leads to its cashier."""

from __future__ import annotations

import json
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from hub.accounts.services import residents
from hub.actor import Actor
from hub.errors import HubError
from hub.ids import uuid7
from hub.work import Command
from portal.resident.pages import page, resident_page
from regional_services.booking import access
from regional_services.booking.selectors import BookingView, booking_view
from regional_services.insurance import selectors as vouchers
from regional_services.payments import access as payments_access
from regional_services.payments import services as payments
from regional_services.payments.selectors import AttemptView, attempt_view
from tenants.registry import selectors as registry

DEAD = {"failed", "closed"}


@require_http_methods(["GET"])
@resident_page
def pay(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """Begin, or go on with, paying. Looking twice begins nothing twice: an attempt that still works is found again."""
    booking = booking_view(access.own_booking(actor, booking_id))
    here = f"/bookings/{booking_id}"
    if booking.order_id is None or actor.id is None:
        return HttpResponseRedirect(here)
    openid = residents.openid_of(actor.id, settings.HUB_WECHAT_APPID) if _in_wechat(request) else None
    command = Command(name="payment.start", key=uuid7().hex, fingerprint=str(booking.order_id))
    try:
        attempt = payments.start_attempt(booking.order_id, actor=actor, openid=openid or "", command=command)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return HttpResponseRedirect(here)
    return _page(request, booking, attempt, actor)


@require_GET
@resident_page
def live(request: HttpRequest, actor: Actor, booking_id: UUID, attempt_id: UUID) -> HttpResponse:
    """The same page while the channel is being asked."""
    booking = booking_view(access.own_booking(actor, booking_id))
    return _page(request, booking, attempt_view(payments_access.attempt_for(actor, attempt_id)), actor)


def _in_wechat(request: HttpRequest) -> bool:
    """Inside the WeChat app the cashier is called up by script; everywhere else the browser goes to its page."""
    return "MicroMessenger" in request.headers.get("User-Agent", "")


def _page(request: HttpRequest, booking: BookingView, attempt: AttemptView, actor: Actor) -> HttpResponse:
    in_app = attempt.ready and bool(attempt.prepay_id)
    back = f"{settings.PUBLIC_ORIGIN}/bookings/{booking.id}"
    context = {
        "booking": booking,
        "attempt": attempt,
        "institution": registry.institution(booking.institution_code),
        "ready": attempt.ready,
        "cashier": payments.cashier_url(attempt, return_url=back) if attempt.ready and attempt.pay_url else "",
        "call_up": json.dumps(payments.call_up(attempt.id, actor=actor)) if in_app else "",
        "trouble": gettext("支付没有准备好，请返回后重试。") if attempt.state in DEAD else "",
        "voucher": vouchers.voucher_of(actor, booking.id),
        "back": f"/bookings/{booking.id}",
    }
    return page(request, "pay", "me", context)
