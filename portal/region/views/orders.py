"""挂号订单: one order by its number, with everything that became of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from hub.actor import Actor
from hub.errors import NotFound
from portal.components.words import HISTORY_WORDS
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.booking import tracing
from regional_services.booking.models import Settlement, State
from regional_services.booking.permissions import TRACE
from regional_services.payments.models import AttemptState, OrderState, RefundState
from tenants.registry import selectors as registry


@require_GET
@district_page(TRACE)
def found(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form, and the order of the number in it."""
    number = request.GET.get("number", "").strip()
    context: dict[str, object] = {"number": number}
    if number:
        try:
            context |= _shown(tracing.trace(actor=actor, number=number))
        except NotFound as refusal:
            context["error"] = refusal.text
    return desk(request, actor, "orders", "orders", context)


def _shown(trace: tracing.Trace) -> dict[str, object]:
    order = trace.order
    return {
        "trace": trace,
        "hospital_name": registry.institution(trace.booking.institution_code).name,
        "steps": [
            (step, HISTORY_WORDS.get(step.what, step.what), State(step.state), Settlement(step.settlement))
            for step in trace.steps
        ],
        "order_state": OrderState(order.state).label if order else "",
        "attempts": [(attempt, AttemptState(attempt.state).label) for attempt in trace.attempts],
        "refunds": [(refund, RefundState(refund.state).label) for refund in trace.refunds],
    }
