"""What the waiting list does in a hospital, and on its facts. All may run again."""

from __future__ import annotations

from hub.outbox.events import RunsIn, handles
from hub.work import Unit
from regional_services.waitlist import offering
from regional_services.waitlist.events import OfferEnded
from tenants.scheduling import steps as scheduling
from tenants.scheduling.events import SessionsStopped


@handles(OfferEnded, runs_in=RunsIn.HOSPITAL)
def give_back(event: OfferEnded, unit: Unit) -> None:
    """The number goes back; one that was given back before stays as it is."""
    released = scheduling.release_number(unit, holder=event.offer_id)
    unit.audit("waitlist.given_back", target=f"offer:{event.offer_id}", detail={"released": released})


@handles(SessionsStopped, runs_in=RunsIn.REGION)
def end_at_stop(event: SessionsStopped, unit: Unit) -> None:
    """A clinic that does not take place: nobody waits for it any more."""
    ended = 0 if event.partial else offering.end_sessions(unit, event.session_ids)
    ended += offering.end_offers(unit, event.holders)
    unit.audit("waitlist.stopped", target=f"session:{event.session_ids[0]}", detail={"ended": ended})
