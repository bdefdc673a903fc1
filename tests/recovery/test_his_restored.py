"""A hospital's own system comes back from yesterday: what it lost is entered again, what it revived ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy import registry
from institution_connectors.contracts import Direction, Inbound, NumberTaken, Wire
from institution_connectors.exchange import inbound
from regional_services.booking import services
from regional_services.booking.models import His, Outcome, ResyncState, Settlement, State
from regional_services.booking.resync import reading, running
from regional_services.booking.tasks import carry_on_resyncs
from regional_services.booking.verify import verify_hospital
from tenants.registry.errors import InstitutionRepaired
from tests.booking import world
from tests.harness.outside import Outside
from tests.recovery.conftest import District


def _pushes(generation: str, number: str) -> None:
    """The hospital's system reports something, under a generation of its books."""
    fact = NumberTaken(occurred_at=clock.now(), schedule_code="none", number_code="none", sequence=1, free=False)
    message = Inbound(source="HIS-alpha", incarnation=generation, message_id=number, kind="number_taken", facts=(fact,))
    wire = Wire(direction=Direction.RECEIVED, at=clock.now(), body=b"{}", content_type="application/json")
    inbound.receive("alpha", message, wire)


def test_a_his_of_yesterday_is_brought_up_to_today(empty_his: Outside, district: District) -> None:
    kept, lost, cancelled, later = (world.resident() for _ in range(4))
    session = world.open_session("alpha")
    numbers = world.free_numbers("alpha", session)
    old = district.book("alpha", session, kept, numbers[0])
    district.pay(old, kept)
    gone = district.book("alpha", session, cancelled, numbers[1])
    district.pay(gone, cancelled)
    _pushes("1", "m1")
    drain()
    district.his["alpha"].act("backup")
    new = district.book("alpha", session, lost, numbers[2])
    district.pay(new, lost)
    services.cancel_booking(actor=cancelled.actor, booking_id=gone.id, reason="时间有变化")
    drain()
    district.deliver()
    drain()
    district.his["alpha"].act("restore")
    assert district.registrations("alpha", new.id) == [], "the hospital has forgotten it"
    assert district.registrations("alpha", gone.id)[0]["state"] == "paid", "and remembers what was cancelled"

    _pushes("2", "m1")
    drain()
    assert registry.tenant("alpha").repair == "resync"
    with pytest.raises(InstitutionRepaired):
        world.book("alpha", session, later, numbers[3])
    district.his["alpha"].act("down", seconds=3600)
    assert carry_on_resyncs() == 1
    assert reading.runs()[0].state is ResyncState.WAITING, "a hospital that does not answer stays closed"
    assert registry.tenant("alpha").repair == "resync"
    district.his["alpha"].act("restart")
    assert carry_on_resyncs() == 1
    drain()
    assert registry.tenant("alpha").repair == ""
    [again] = district.registrations("alpha", new.id)
    assert again["state"] == "paid"
    assert district.registrations("alpha", gone.id)[0]["state"] == "cancelled"
    now = district.booking(new.id)
    assert (now.state, now.settlement, now.his) == (State.BOOKED, Settlement.PAID, His.REGISTERED)
    assert verify_hospital("alpha", quiet=timedelta(0)) == []
    [run] = reading.runs()
    lines = {(item.booking_id, item.outcome) for item in reading.items(run.id)}
    assert lines == {(new.id, Outcome.PUSHED), (gone.id, Outcome.REVERSED)}
    assert running.due() == []
