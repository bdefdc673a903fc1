"""How activations of the insurance voucher go."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from hub import clock
from hub.actor import Actor
from portal.components.paging import number_of, read_leaf
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.insurance import selectors
from regional_services.insurance.models import VoucherState
from regional_services.insurance.permissions import VIEW

PAGE = 50
DAYS = 30


@require_GET
@district_page(VIEW)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Outcomes of the last thirty days, and each activation without anything personal. Two queries."""
    state = request.GET.get("state", "")
    rows = selectors.activations(actor, state=state, skip=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    context = {
        "leaf": read_leaf(request, rows, PAGE),
        "counts": selectors.counts(actor, clock.today() - timedelta(days=DAYS - 1)),
        "state": state,
        "states": VoucherState.choices,
    }
    return desk(request, actor, "vouchers", "vouchers", context)
