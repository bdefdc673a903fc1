"""The medical insurance's electronic voucher, activated in one tap between registering and paying (JA-APPT-24)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.actor import Actor
from hub.errors import HubError
from portal.resident.pages import page, resident_page
from regional_services.booking import access
from regional_services.booking.models import State
from regional_services.booking.selectors import booking_view
from regional_services.identity.consents import INSURANCE_VOUCHER, TEXTS
from regional_services.insurance import selectors, services
from regional_services.insurance.errors import ConsentDue
from regional_services.insurance.models import VoucherState


@require_http_methods(["GET", "POST"])
@resident_page
def voucher(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """Ask, wait, and back to paying; a failure says why and leaves the order as it is."""
    booking = booking_view(access.own_booking(actor, booking_id))
    back = f"/bookings/{booking_id}"
    to_pay = f"{back}/pay" if booking.state is State.AWAITING_PAYMENT else back
    here = f"{back}/voucher"
    if request.method == "POST":
        try:
            services.activate(actor=actor, booking_id=booking_id, consented=request.POST.get("agreed") == "1")
        except ConsentDue as problem:
            messages.warning(request, problem.text, extra_tags="warn")
        except HubError as problem:
            messages.error(request, problem.text, extra_tags="bad")
            return HttpResponseRedirect(to_pay)
        return HttpResponseRedirect(here)
    found = selectors.voucher_of(actor, booking_id)
    if found.state is VoucherState.ACTIVE:
        messages.success(request, _("医保电子凭证已激活。"), extra_tags="ok")
        if request.headers.get("HX-Request"):
            return HttpResponse(status=200, headers={"HX-Redirect": to_pay})
        return HttpResponseRedirect(to_pay)
    context = {
        "voucher": found,
        "booking": booking,
        "consent": TEXTS[INSURANCE_VOUCHER],
        "here": here,
        "to_pay": to_pay,
        "back": back,
    }
    return page(request, "voucher", "me", context)
