"""What the waiting list does in a hospital, and on its facts. All may run again."""

from __future__ import annotations

from hub.outbox.events import RunsIn, handles
from hub.work import Unit
from regional_services.waitlist import offering, returning
from regional_services.waitlist.events import LineFormed, OfferEnded
from tenants.appointments.events import SessionReopening
from tenants.scheduling import following
from tenants.scheduling import steps as scheduling
from tenants.scheduling.errors import NothingToReopen
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


@handles(SessionReopening, runs_in=RunsIn.REGION)
def line_up(event: SessionReopening, unit: Unit) -> None:
    """Who lost his number by the stop is first in line, as he was; then the numbers may come back."""
    put = returning.line_up(unit, event.hospital, event.session_id, event.bookings)
    unit.publish(LineFormed(hospital=event.hospital, session_id=event.session_id, reopening_id=event.reopening_id))
    unit.audit("waitlist.lined_up", target=f"session:{event.session_id}", detail={"people": put})


@handles(LineFormed, runs_in=RunsIn.HOSPITAL)
def free_numbers(event: LineFormed, unit: Unit) -> None:
    """The numbers come back; nothing, if the hospital's own system has stopped the session meanwhile."""
    target = f"session:{event.session_id}"
    try:
        freed = following.reopen_numbers(unit, event.session_id)
    except NothingToReopen:
        unit.audit("scheduling.numbers_freed", target=target, outcome="nothing_due")
        return
    unit.audit("scheduling.numbers_freed", target=target, detail={"numbers": freed})
