"""Following hospitals: what they push (a poll becomes the same messages), and what makes us ask them."""

from __future__ import annotations

from hub.actor import system_actor
from hub.outbox.events import Delivery, RunsIn, Temporary, handles
from hub.tenancy.scope import hospital
from hub.work import Unit
from institution_connectors.catalog import selectors as connectors
from institution_connectors.contracts import NumberTaken, Operation, ScheduleSnapshot, SessionStopped
from institution_connectors.exchange import polling
from institution_connectors.exchange import selectors as exchange
from institution_connectors.exchange.events import (
    NumberTakenReported,
    ScheduleSnapshotReceived,
    SessionStopReported,
)
from tenants.directory import services as directory
from tenants.directory.events import DirectoryChanged
from tenants.registry.selectors import institution
from tenants.scheduling import following, looking, selectors, services
from tenants.scheduling.errors import SessionNotFound
from tenants.scheduling.events import ScheduleLookedAt

SYNC = system_actor("号源同步")
DIRECTORY_WAIT = 2.0
FIRST_PUSH_WAIT = 60.0


@handles(ScheduleSnapshotReceived, runs_in=RunsIn.HOSPITAL)
def follow_snapshot(event: ScheduleSnapshotReceived, unit: Unit) -> None:
    """Sessions and numbers; a snapshot that comes before the directory waits for it."""
    fact = exchange.fact(event.inbound_id, event.index)
    assert isinstance(fact, ScheduleSnapshot)
    if not directory.is_known():
        raise Temporary("the hospital's departments are not known yet", retry_after=DIRECTORY_WAIT)
    told = following.follow_snapshot(unit, fact, generation=_generation(unit))
    unit.audit("scheduling.synced", target=f"hospital:{unit.scope}", detail={"sessions": told})


@handles(SessionStopReported, runs_in=RunsIn.HOSPITAL)
def follow_stop(event: SessionStopReported, unit: Unit) -> None:
    """A stopped session; of one we never heard of there is nothing to stop."""
    fact = exchange.fact(event.inbound_id, event.index)
    assert isinstance(fact, SessionStopped)
    target = f"session:{event.schedule_code}"
    try:
        holders = following.follow_stop(unit, fact.stop, generation=_generation(unit))
    except SessionNotFound:
        unit.audit("scheduling.session_stopped", target=target, outcome="failure", reason="unknown session")
        return
    detail = {"whole": fact.stop.whole, "bookings": len(holders)}
    unit.audit("scheduling.session_stopped", target=target, reason=fact.stop.reason, detail=detail)


@handles(NumberTakenReported, runs_in=RunsIn.HOSPITAL)
def follow_number(event: NumberTakenReported, unit: Unit) -> None:
    """The window sold a number, or gave one back."""
    fact = exchange.fact(event.inbound_id, event.index)
    assert isinstance(fact, NumberTaken)
    following.follow_number_taken(unit, fact, generation=_generation(unit))
    unit.audit("scheduling.number_followed", target=f"session:{event.schedule_code}", detail={"free": fact.free})


@handles(ScheduleLookedAt, runs_in=RunsIn.OUTSIDE, awaited=False)
def ask_for_day(event: ScheduleLookedAt, _delivery: Delivery) -> None:
    """Ask for what somebody looks at; numbers are read of the sessions that changed."""
    if not connectors.can(event.hospital, Operation.LIST_SCHEDULES):
        looking.carried_out(event)
        return
    polled = polling.poll_schedules(
        event.hospital, first_day=event.day, last_day=event.day, department_code=event.department_code
    )
    if polled.sessions and not polled.told:
        services.confirm_unchanged(event.hospital, event.department_code, event.day, actor=SYNC)
    looking.carried_out(event)


@handles(DirectoryChanged, runs_in=RunsIn.OUTSIDE, awaited=False)
def ask_for_first_schedules(event: DirectoryChanged, delivery: Delivery) -> None:
    """A hospital whose directory has just come tells its schedules by itself, or else is asked for all of them."""
    code = event.hospital
    if not connectors.can(code, Operation.LIST_SCHEDULES):
        return
    if not connectors.profile(code).options.polled and delivery.attempt == 1:
        raise Temporary("the hospital may push its schedules", retry_after=FIRST_PUSH_WAIT)
    with hospital(code, read_only=True):
        if selectors.any_session():
            return
    if not polling.poll_schedules(code).told:
        raise Temporary("the hospital told no schedules")


def _generation(unit: Unit) -> int:
    return institution(unit.scope).his_generation
