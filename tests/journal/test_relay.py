"""The relay as a process: woken by a commit, found by its sweep when nobody woke it, with Redis or without."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.db import connections

from hub import clock, ids
from hub.audit import chain
from hub.outbox import housekeeping, metrics, sweep, turn, wake
from hub.outbox.events import Permanent
from hub.outbox.models import Lane
from hub.outbox.policy import lane_policy
from hub.outbox.relay import Relay, drain
from hub.outbox.wakes import Alarm, Serves, Wakes
from hub.tenancy.context import letting_go
from hub.tenancy.scope import REGION, hospital
from hub.work import Command, work
from tests.crash.conftest import StartRelay, eventually, no_anchors, server, start_relay
from tests.journal.probes import ACTOR, Ask, Copy, Knock, Upload, behaving, done, publish, query, states

__all__ = ["no_anchors", "server", "start_relay"]
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def nobody_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word to the relay is lost."""
    monkeypatch.setattr(wake, "put", lambda *_: True)


def test_an_event_is_handled_within_milliseconds_of_its_commit(alpha: str, start_relay: StartRelay) -> None:
    start_relay(sweep=3600)  # once, at its start
    publish(alpha, Knock(number=0))
    eventually(lambda: len(done(REGION, "probe.knock")) == 1)
    for number in range(1, 41):
        publish(alpha, Knock(number=number, door=str(number)))
        time.sleep(0.02)
    eventually(lambda: states(alpha) == {"done": 41})
    took = [
        seconds * 1000
        for (seconds,) in query(alpha, "SELECT extract(epoch FROM finished_at - created_at)::float8 FROM {outbox}")
    ]
    print(f"p50 {statistics.median(took):.1f} ms, p95 {sorted(took)[38]:.1f} ms")
    assert statistics.median(took) < 1000  # about 15 on an idle machine; nothing but the wake could do it


def test_a_lost_word_costs_a_sweep(alpha: str, start_relay: StartRelay, nobody_wakes: None) -> None:
    start_relay()
    publish(alpha, Knock(number=1))
    eventually(lambda: states(alpha) == {"done": 1}, seconds=10)
    eventually(lambda: query(alpha, "SELECT count(*) FROM {pending}") == [(0,)], seconds=10)


def test_an_act_commits_although_redis_is_away(alpha: str, settings_redis_nowhere: None) -> None:
    begun = time.monotonic()
    publish(alpha, Knock(number=1))
    assert states(alpha) == {"pending": 1}
    assert time.monotonic() - begun < 2
    assert wake.lead("sweep", 10)
    assert wake.take_all(wake.SEAL) == []


@pytest.fixture
def settings_redis_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis is away."""
    monkeypatch.setattr(settings, "HUB_REDIS_URL", NOWHERE)
    monkeypatch.setattr(wake, "_silent_until", 0.0)


def test_without_redis_the_relay_queues_by_itself(settings_redis_nowhere: None) -> None:
    wakes, client = Wakes(), wake.blocking_client()
    wakes.put("alpha", Lane.INTERNAL)
    wakes.put("beta", Lane.INTERNAL)
    wakes.put("alpha", Lane.INTERNAL)
    assert [wakes.take(Lane.INTERNAL, client) for _ in range(3)] == ["alpha", "beta", None]
    assert wakes.take(Lane.OUTSIDE, client) is None


def test_scopes_are_served_in_the_order_they_came(committed: None) -> None:
    wakes, client = Wakes(), wake.blocking_client()
    for scope in ("alpha", "beta", "alpha"):
        wakes.put(scope, Lane.INTERNAL)
    assert [wakes.take(Lane.INTERNAL, client) for _ in range(3)] == ["alpha", "beta", None]


def test_the_district_is_served_beside_all_hospitals_and_not_as_one_of_them(committed: None) -> None:
    """Half of the threads look first whether the district waits: so it has half of the turns, however many do."""
    wakes, client = Wakes(), wake.blocking_client()
    for scope in ("alpha", "beta", "gamma", REGION):
        wakes.put(scope, Lane.OUTSIDE)
    assert wakes.take(Lane.OUTSIDE, client, Serves.HOSPITALS_FIRST) == "alpha"
    assert wakes.take(Lane.OUTSIDE, client, Serves.DISTRICT_FIRST) == REGION
    assert wakes.take(Lane.OUTSIDE, client, Serves.DISTRICT_FIRST) == "beta", "it may help the others"
    wakes.put(REGION, Lane.OUTSIDE)
    assert wakes.take(Lane.OUTSIDE, client, Serves.HOSPITALS_ONLY) == "gamma"
    assert wakes.take(Lane.OUTSIDE, client, Serves.HOSPITALS_ONLY) is None, "kept for hospitals, however long"
    assert wakes.take(Lane.OUTSIDE, client, Serves.HOSPITALS_FIRST) == REGION
    wakes.put("alpha", Lane.OUTSIDE)
    assert wakes.take(Lane.OUTSIDE, client, Serves.DISTRICT_ONLY) is None
    assert wake.take_all(Lane.OUTSIDE) == ["alpha"]


def test_some_threads_stay_for_either_side() -> None:
    """Whoever hangs, the district's parties or the hospitals, keeps at most five of six threads."""
    outside = [Serves.of_thread(number, Lane.OUTSIDE) for number in range(24)]
    assert [outside.count(kind) for kind in Serves] == [8, 8, 4, 4]
    assert {Serves.of_thread(number, Lane.INTERNAL) for number in range(4)} == {
        Serves.DISTRICT_FIRST,
        Serves.HOSPITALS_FIRST,
    }


def test_a_failed_delivery_is_tried_again_without_a_sweep(alpha: str) -> None:
    rung: list[tuple[str, Lane]] = []
    alarm = Alarm(lambda scope, lane: rung.append((scope, lane)))
    alarm.at(clock.now() + timedelta(seconds=5), "beta", Lane.OUTSIDE)
    alarm.at(clock.now() - timedelta(seconds=1), "alpha", Lane.INTERNAL)
    assert alarm._due() == [("alpha", Lane.INTERNAL)]
    assert 0 < alarm._pause() <= 1
    with clock.shifted(timedelta(seconds=6)):
        assert alarm._due() == [("beta", Lane.OUTSIDE)]


def test_the_sweep_finds_due_rows_and_measures(alpha: str, beta: str, nobody_wakes: None) -> None:
    publish(alpha, Knock(number=1), Knock(number=2), Ask(hospital=alpha, number=3), Upload(hospital=alpha, number=4))
    publish(beta, Knock(number=4))
    with behaving("knock", never):
        turn.take(beta, lane_policy(Lane.INTERNAL), worker=ids.uuid7())
    found: list[tuple[str, Lane]] = []
    unsealed = sweep.sweep(lambda scope, lane: found.append((scope, lane)))
    assert found == [(alpha, Lane.INTERNAL), (alpha, Lane.OUTSIDE), (alpha, Lane.BULK)]
    assert unsealed == [alpha, beta]
    assert metrics.PENDING.labels(alpha, Lane.INTERNAL)._value.get() == 2
    assert metrics.DEAD.labels(beta)._value.get() == 1
    assert metrics.UNSEALED.labels(alpha)._value.get() == 1


def test_the_sweep_goes_on_when_a_schema_cannot_be_read(
    alpha: str, beta: str, monkeypatch: pytest.MonkeyPatch, nobody_wakes: None
) -> None:
    publish(beta, Knock(number=1))
    monkeypatch.setattr(sweep, "all_scopes", lambda: ["nobody", beta])
    found: list[str] = []
    sweep.sweep(lambda scope, _: found.append(scope))
    assert found == [beta]


def test_duties_are_led_by_one_at_a_time(committed: None) -> None:
    assert wake.lead("sweep", 0.2)
    assert not wake.lead("sweep", 0.2)
    time.sleep(0.25)
    assert wake.lead("sweep", 0.2)


def test_the_relay_seals_what_it_was_told_of(alpha: str) -> None:
    publish(alpha, Knock(number=1))
    Relay()._seal()
    assert query(alpha, "SELECT count(*) FROM {seal}") == [(1,)]


def test_an_outside_handler_holds_no_connection_between_its_units(alpha: str) -> None:
    held: list[bool] = []

    def look(_event: object, _delivery: object) -> None:
        with hospital(alpha, read_only=True):
            held.append(connection_is_open())
        held.append(connection_is_open())

    publish(alpha, Ask(hospital=alpha, number=1))
    with behaving("ask", look):
        drain()
    assert held == [True, False]
    with letting_go(), hospital(alpha, read_only=True):
        pass
    assert not connection_is_open()


def test_a_handler_between_the_worlds_is_internal_and_opens_its_own_scopes(alpha: str) -> None:
    def copy(event: Copy, _delivery: object) -> None:
        with hospital(event.hospital, read_only=True) as info:
            found = info.schema
        with work(REGION, actor=ACTOR) as unit:
            unit.audit("probe.copied", target=found)

    publish(alpha, Copy(hospital=alpha))
    with behaving("copy", copy):
        assert drain(outside=False).delivered == 1
    assert done(REGION, "probe.copied") == ["h_alpha"]


def never(_event: object, _unit: object) -> None:
    raise Permanent("never")


def connection_is_open() -> bool:
    return connections["hospital"].connection is not None


def test_old_rows_are_removed_and_that_is_audited(alpha: str) -> None:
    with work(alpha, actor=ACTOR) as unit:
        unit.claim(Command(name="probe", key="k", fingerprint="f"))
        unit.audit("probe.act", target="x")
    publish(alpha, Knock(number=1), Knock(number=2, door="b"))
    with behaving("knock", lambda event, unit: never(event, unit) if event.number == 2 else None):
        drain()
    assert housekeeping.purge(alpha) == housekeeping.purge(REGION) == 0
    with clock.shifted(timedelta(days=15)):
        assert housekeeping.purge(alpha) == 2
    with clock.shifted(timedelta(days=91)):
        assert housekeeping.purge(REGION) == 1
    assert states(alpha) == {"dead": 1}
    assert len(done(alpha, "journal.cleaned")) == 2, "events and commands, each by itself"


def test_duties_that_are_due_are_done(alpha: str) -> None:
    publish(alpha, Knock(number=1))
    chain.seal_pending(alpha)
    housekeeping.run_if_due()
    assert done(REGION, "audit.anchored") == ["audit:heads"]
    housekeeping.run_if_due()
    assert len(done(REGION, "audit.anchored")) == 1


def test_an_unknown_scope_in_redis_is_let_go(committed: None) -> None:
    Relay()._take_turn("nobody", Lane.INTERNAL, partial(turn.take, "nobody", lane_policy(Lane.INTERNAL)))
    assert wake.take_all(Lane.INTERNAL) == []


def test_handlers_act_under_their_own_name_and_the_request_that_caused_them(alpha: str) -> None:
    with work(alpha, actor=replace(ACTOR, request_id="r-7")) as unit:
        unit.audit("probe.published", target="x")
        unit.publish(Knock(number=1))
    drain()
    assert query(REGION, "SELECT actor_kind, actor_name, request_id FROM {audit}") == [
        ("system", "tests.journal.probes.answer_knock", "r-7")
    ]
