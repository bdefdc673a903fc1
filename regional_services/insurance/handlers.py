"""Asking the insurer, outside of any transaction."""

from __future__ import annotations

from hub.actor import system_actor
from hub.outbox.events import Delivery, RunsIn, Temporary, handles
from hub.tenancy.scope import region
from regional_services.identity.selectors import identity_of
from regional_services.insurance import outside, services
from regional_services.insurance.events import ActivationAsked
from regional_services.insurance.models import OPEN, Activation, VoucherState
from regional_services.insurance.outside import Answer, Unanswered

INSURER = system_actor("医保电子凭证")
ASK_AGAIN_SECONDS = 5.0


@handles(ActivationAsked, runs_in=RunsIn.OUTSIDE)
def ask_insurer(event: ActivationAsked, _delivery: Delivery) -> None:
    """Ask; after a question without an answer ask first what became of it. Unknown is stored and tried again."""
    with region(read_only=True):
        row = Activation.objects.get(pk=event.activation_id)
        card = identity_of(row.person_id) if row.state in OPEN else None
    if card is None:
        return
    try:
        answer = outside.became_of(row.number) if row.state == VoucherState.UNKNOWN else Answer(False, is_seen=False)
        if not answer.is_seen:
            answer = outside.activate(row.number, card)
    except Unanswered as problem:
        services.store(row.id, VoucherState.UNKNOWN, actor=INSURER)
        raise Temporary(f"the insurer gave no definite answer: {problem}", retry_after=ASK_AGAIN_SECONDS) from problem
    state = VoucherState.ACTIVE if answer.active else VoucherState.REJECTED
    services.store(row.id, state, actor=INSURER, reason=answer.reason)
