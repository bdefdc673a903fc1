"""The relay killed at any instant: nothing is lost, nothing is done twice by a receiver, audits end under a seal."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from hub.audit.verify import verify
from hub.tenancy.scope import REGION
from tests.crash.conftest import StartRelay, eventually, exit_code
from tests.journal.probes import Ask, Knock, Visit, done, publish, query, states

STEPS = [
    "claimed, nothing begun",
    "in the handler's transaction",
    "handled, end not stored",
    "in the transaction that stores the end",
    "end stored",
]


def publish_all_ways(alpha: str, numbers: range) -> None:
    """Across both borders and within both worlds, in chains of one aggregate and side by side."""
    publish(alpha, *(Knock(number=n, door=f"a{n % 3}") for n in numbers))
    publish(REGION, *(Knock(number=n + 1000, door=f"r{n % 3}") for n in numbers))
    publish(REGION, *(Visit(hospital=alpha, number=n) for n in numbers))
    publish(alpha, *(Visit(hospital=alpha, number=n + 1000) for n in numbers))


def everything_done(alpha: str) -> bool:
    return all(set(states(scope)) == {"done"} for scope in (alpha, REGION))


def assert_each_once_and_in_order(alpha: str, numbers: range) -> None:
    wanted = {*numbers, *(n + 1000 for n in numbers)}
    knocks = [int(target.removeprefix("knock:")) for target in done(REGION, "probe.knock")]
    visits = [int(target.removeprefix("visit:")) for target in done(alpha, "probe.visit")]
    assert sorted(knocks) == sorted(wanted)
    assert sorted(visits) == sorted(wanted)
    for first in (0, 1000):
        for door in range(3):
            of_door = [n for n in knocks if first <= n < first + 1000 and (n - first) % 3 == door]
            assert of_door == sorted(of_door)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at(step: str, alpha: str, start_relay: StartRelay) -> None:
    numbers = range(12)
    publish_all_ways(alpha, numbers)
    assert exit_code(start_relay(die_at=step)) == -signal.SIGKILL
    start_relay()
    eventually(lambda: everything_done(alpha))
    assert_each_once_and_in_order(alpha, numbers)


def test_killed_after_asking_the_outside_it_asks_again_under_the_same_id(
    alpha: str, start_relay: StartRelay, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    publish(alpha, Ask(hospital=alpha, number=7))
    dying = start_relay(die_at="after the outside was asked", outside=str(outside))
    assert exit_code(dying) == -signal.SIGKILL
    start_relay(outside=str(outside))
    eventually(lambda: states(alpha) == {"done": 1})
    asked = [line.split() for line in outside.read_text().splitlines()]
    assert [(attempt, number) for _, attempt, number in asked] == [("1", "7"), ("2", "7")]
    assert len({event_id for event_id, _, _ in asked}) == 1


@pytest.mark.parametrize("step", ["in the sealer's transaction", "sealed"])
def test_sealer_killed(step: str, alpha: str, start_relay: StartRelay) -> None:
    publish(alpha, *(Knock(number=n, door=str(n)) for n in range(20)))
    assert exit_code(start_relay(die_at=step)) == -signal.SIGKILL
    start_relay()
    eventually(lambda: everything_done_and_sealed(alpha))
    for scope in (alpha, REGION):
        report = verify(scope)
        assert report.findings == []
        assert report.entries >= 1


def everything_done_and_sealed(alpha: str) -> bool:
    unsealed = [query(scope, "SELECT count(*) FROM {pending}") for scope in (alpha, REGION)]
    return states(alpha) == {"done": 20} and unsealed == [[(0,)], [(0,)]]


def test_killed_again_and_again_while_events_come(alpha: str, start_relay: StartRelay) -> None:
    chance = random.Random(20261120)
    for round_ in range(4):
        relay = start_relay()
        publish_all_ways(alpha, range(round_ * 20, round_ * 20 + 10))
        eventually(lambda: bool(done(REGION, "probe.knock")))
        time.sleep(chance.uniform(0.0, 0.1))
        publish_all_ways(alpha, range(round_ * 20 + 10, round_ * 20 + 20))
        time.sleep(chance.uniform(0.0, 0.1))
        relay.kill()
        relay.join(10)
    start_relay()
    eventually(lambda: everything_done(alpha))
    assert_each_once_and_in_order(alpha, range(80))


def test_two_relays_share_the_work_and_do_it_once(alpha: str, start_relay: StartRelay) -> None:
    relays = [start_relay(), start_relay()]
    numbers = range(120)
    for start in range(0, 120, 20):
        publish_all_ways(alpha, range(start, start + 20))
    eventually(lambda: everything_done(alpha))
    assert_each_once_and_in_order(alpha, numbers)
    workers = {
        worker for scope in (alpha, REGION) for (worker,) in query(scope, "SELECT DISTINCT lease_by FROM {outbox}")
    }
    assert len(workers) == len(relays)


def test_a_stopping_relay_finishes_and_leaves_no_lease(alpha: str, start_relay: StartRelay) -> None:
    relay = start_relay()
    publish_all_ways(alpha, range(60))
    eventually(lambda: bool(done(REGION, "probe.knock")))
    relay.terminate()
    assert exit_code(relay) == 0
    for scope in (alpha, REGION):
        assert query(scope, "SELECT count(*) FROM {outbox} WHERE state = 'pending' AND lease_until IS NOT NULL") == [
            (0,)
        ]
    start_relay()
    eventually(lambda: everything_done(alpha))
    assert_each_once_and_in_order(alpha, range(60))
