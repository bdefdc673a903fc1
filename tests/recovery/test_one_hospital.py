"""One hospital goes back to an older day while the others work; then it is brought in step and opens (practice 20)."""

from __future__ import annotations

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections

from hub import clock
from hub.audit.verify import verify
from hub.outbox.relay import drain
from hub.recovery import hospitals, selectors
from hub.recovery.commands import operator
from hub.tenancy import registry
from hub.tenancy.errors import HospitalClosed
from hub.tenancy.scope import hospital
from regional_services.booking import services
from regional_services.booking.models import His, Outcome, Settlement, State
from regional_services.booking.resync import reading
from regional_services.booking.verify import verify_hospital
from tenants.registry.errors import InstitutionRepaired
from tests.booking import world
from tests.harness.outside import Outside
from tests.recovery.conftest import District

WHO = operator("运维 王工")


def _silent(_line: str) -> None:
    """Progress nobody reads."""


def _said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.mark.requirement("JA-SEC-05")
def test_a_hospital_returns_to_an_older_day_and_comes_in_step(empty_his: Outside, district: District) -> None:
    kept, cancelled, paid_later, new = (world.resident() for _ in range(4))
    session = world.open_session("alpha")
    before = district.book("alpha", session, kept)
    district.pay(before, kept)
    to_cancel = district.book("alpha", session, cancelled)
    district.pay(to_cancel, cancelled)
    held = district.book("alpha", session, paid_later)
    backup = hospitals.backup_hospital("alpha", actor=WHO)

    district.pay(held, paid_later)  # a hold becomes a booking after the backup
    services.cancel_booking(actor=cancelled.actor, booking_id=to_cancel.id, reason="时间有变化")
    drain()
    district.deliver()
    drain()
    after = district.book("alpha", session, new)  # and a new one is made
    district.pay(after, new)
    registered = {one: district.registrations("alpha", one.id) for one in (before, held, after)}

    wanted = world.free_numbers("alpha", world.open_session("alpha"))[0]
    stop = threading.Event()
    made: list[object] = []
    other = threading.Thread(target=_book_at_beta, args=(stop, made))
    other.start()
    try:
        drill = hospitals.restore_hospital("alpha", backup, actor=WHO, report=_silent)
        with pytest.raises(HospitalClosed), hospital("alpha"):
            pass
        with pytest.raises(InstitutionRepaired, match="正在恢复"):
            world.book("alpha", session, kept, wanted)
        said = _said("resync", "alpha", "--since", clock.now().isoformat(), "--by", "王工")
    finally:
        stop.set()
        other.join()
    assert len(made) >= 3, "the other hospital's bookings went on"
    assert "机构已开放" in said
    assert registry.tenant("alpha").incarnation == 2
    drain()
    for booking in (before, held, after):
        now = district.booking(booking.id)
        assert (now.state, now.settlement, now.his) == (State.BOOKED, Settlement.PAID, His.REGISTERED)
        assert district.registrations("alpha", booking.id) == registered[booking], "nothing was registered twice"
    assert district.booking(to_cancel.id).state is State.CANCELLED
    assert verify_hospital("alpha", quiet=timedelta(0)) == []
    assert verify("alpha").findings == []
    [run] = reading.runs()
    assert (run.left, run.percent) == (0, 100)
    whats = {(item.booking_id, item.outcome) for item in reading.items(run.id)}
    assert {(after.id, Outcome.PUSHED), (held.id, Outcome.PUSHED), (to_cancel.id, Outcome.REVERSED)} <= whats
    record = selectors.drill(drill)
    assert record.ok
    assert all(line[3] != "no" for line in record.counts)
    assert world.book("alpha", session, world.resident()).state is State.LOCKING, "it opened again"


def _book_at_beta(stop: threading.Event, made: list[object]) -> None:
    try:
        while not stop.is_set() and len(made) < 12:
            made.append(world.book("beta", world.open_session("beta"), world.resident()).id)
    finally:
        connections.close_all()
