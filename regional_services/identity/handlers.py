"""Asking the city, outside of any transaction."""

from __future__ import annotations

from hub.actor import system_actor
from hub.outbox.events import Delivery, RunsIn, Temporary, handles
from hub.tenancy.scope import region
from regional_services.identity import outside, verdicts
from regional_services.identity.events import RealNameAsked
from regional_services.identity.models import CheckState, RealNameCheck

CITY = system_actor("市实名核验")
ASK_AGAIN_SECONDS = 5.0


@handles(RealNameAsked, runs_in=RunsIn.OUTSIDE)
def ask_city(event: RealNameAsked, _delivery: Delivery) -> None:
    """Ask, store the answer; no definite answer is stored as unknown and asked again."""
    with region(read_only=True):
        check = RealNameCheck.objects.get(pk=event.check_id)
    if check.state not in (CheckState.ASKED, CheckState.UNKNOWN):
        return
    state = outside.check_name(
        request_id=check.id,
        name=check.name,
        document_type=check.document_type,
        document_number=check.document_number,
    )
    verdicts.store(event.check_id, state, actor=CITY)
    if state == CheckState.UNKNOWN:
        raise Temporary("the city's identity service gave no definite answer", retry_after=ASK_AGAIN_SECONDS)
