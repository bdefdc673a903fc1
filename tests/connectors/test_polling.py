"""Hospitals that push nothing are asked, and what changed is told the same way."""

from __future__ import annotations

from datetime import timedelta

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy import registry
from hub.tenancy.scope import hospital
from institution_connectors.contracts import ScheduleSnapshot, SessionStopped
from institution_connectors.exchange import polling, selectors
from institution_connectors.exchange.events import InboundEvent, ScheduleSnapshotReceived, SessionStopReported
from tests.connectors import test_inbound
from tests.connectors.conftest import Connected
from tests.journal.test_audit import as_administrator


def told(kind: type[InboundEvent]) -> list[InboundEvent]:
    """The events of a kind so far."""
    drain()
    return [event for event in test_inbound.TOLD if type(event) is kind]


def snapshot_of(code: str, event: InboundEvent) -> ScheduleSnapshot:
    """The snapshot an event tells of."""
    with hospital(code, read_only=True):
        fact = selectors.fact(event.inbound_id, event.index)
    assert isinstance(fact, ScheduleSnapshot)
    return fact


def test_a_poll_tells_everything_once_and_then_only_what_changed(alpha_his: Connected) -> None:
    test_inbound.TOLD.clear()
    code, day = alpha_his.code, clock.today() + timedelta(days=1)
    first = polling.poll_schedules(code, first_day=day, last_day=day)
    assert first.told
    assert first.read > 0
    [event] = told(ScheduleSnapshotReceived)
    snapshot = snapshot_of(code, event)
    assert snapshot.complete
    assert len(snapshot.schedules) == first.sessions
    assert not polling.poll_schedules(code, first_day=day, last_day=day).told

    session = next(schedule for schedule in snapshot.schedules if schedule.remaining)
    alpha_his.board.act("window_sale", schedule_code=session.code)
    again = polling.poll_schedules(code, first_day=day, last_day=day)
    assert (again.read, again.told) == (1, True)
    assert snapshot_of(code, told(ScheduleSnapshotReceived)[-1]).sessions_with_numbers == (session.code,)


def test_a_restored_hospital_is_told_everything_again(alpha_his: Connected) -> None:
    """The marks outlive its rows: what was told to its former life says nothing about this one."""
    code, day = alpha_his.code, clock.today() + timedelta(days=1)
    assert polling.poll_schedules(code, first_day=day, last_day=day).told
    assert not polling.poll_schedules(code, first_day=day, last_day=day).told
    as_administrator("UPDATE tenancy_tenant SET incarnation = incarnation + 1 WHERE code = %s", code)
    registry.forget()
    again = polling.poll_schedules(code, first_day=day, last_day=day)
    assert again.told
    assert again.read > 1


def test_a_list_that_does_not_add_up_tells_nothing(alpha_his: Connected) -> None:
    test_inbound.TOLD.clear()
    alpha_his.board.switch("partial_list")
    assert not polling.poll_schedules(alpha_his.code).told
    assert told(ScheduleSnapshotReceived) == []


def test_stopped_sessions_are_told_once(alpha_his: Connected) -> None:
    test_inbound.TOLD.clear()
    code = alpha_his.code
    polling.poll_stopped(code)
    before = len(told(SessionStopReported))
    day = clock.today() + timedelta(days=2)
    polling.poll_schedules(code, first_day=day, last_day=day)
    session = snapshot_of(code, told(ScheduleSnapshotReceived)[-1]).schedules[-1]
    alpha_his.board.act("stop_session", schedule_code=session.code)
    assert polling.poll_stopped(code) == 1
    assert polling.poll_stopped(code) == 0
    events = told(SessionStopReported)[before:]
    with hospital(code, read_only=True):
        [fact] = [selectors.fact(event.inbound_id, event.index) for event in events]
    assert isinstance(fact, SessionStopped)
    assert fact.stop.schedule_code == session.code
