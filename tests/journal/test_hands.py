"""A call that a delivery publishes is handed to a waiting thread of the relay, within the limit (ADR 1145)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hub import clock, ids
from hub import work as units
from hub.journal.flush import Ending
from hub.journal.world import World, open_scope
from hub.outbox import onward, rows, turn, wake
from hub.outbox.hands import Hands
from hub.outbox.models import Lane
from hub.outbox.policy import lane_policy
from hub.outbox.relay import Relay, drain
from hub.tenancy.scope import REGION
from hub.work import work
from tests.harness.threads import in_threads
from tests.journal.probes import ACTOR, Ask, Visit, behaving, publish, query, states

WORKER = ids.uuid7()
LEASED = "SELECT count(*) FROM {outbox} WHERE lane = 'outside' AND lease_by IS NOT NULL"


def _hands(free: int = 1) -> Hands:
    hands = Hands(timedelta(seconds=90))
    for _ in range(free):
        hands.offer()
    return hands


def _publish_through(hands: Hands, scope: str, *asks: Ask, worker: UUID = WORKER) -> None:
    with onward.going_on(worker, timedelta(seconds=30), hands):
        publish(scope, *asks)


def test_a_call_is_handed_over_without_a_word_or_a_claim(alpha: str) -> None:
    hands, seen = _hands(), []
    publish(alpha, Visit(hospital=alpha, number=7))
    wake.take_all(Lane.OUTSIDE)

    def ask(_event: Visit, unit: Any) -> None:
        unit.publish(Ask(hospital=alpha, number=7))

    with behaving("visit", ask):
        turn.take(alpha, lane_policy(Lane.INTERNAL), worker=WORKER, hands=hands)
    given = hands.wait(0)
    assert given is not None
    assert query(alpha, "SELECT lease_by, attempts FROM {outbox} WHERE lane = 'outside'") == [(WORKER, 1)]
    assert given.row.lease_until - clock.now() > timedelta(seconds=80), "a call's lease, not a delivery's"
    assert wake.take_all(Lane.OUTSIDE) == []
    assert not hands.reserve(), "its thread is promised"
    with behaving("ask", lambda event, delivery: seen.append((event.number, delivery.attempt))):
        took = turn.take_over(alpha, given.row, worker=WORKER, hands=hands)
    assert (took.delivered, seen, states(alpha)) == (1, [(7, 1)], {"done": 2})


def test_what_was_handed_over_outlives_the_relay(alpha: str) -> None:
    _publish_through(_hands(), alpha, Ask(hospital=alpha, number=1))  # and the process dies
    assert drain().delivered == 0
    with clock.shifted(timedelta(seconds=91)):
        assert drain().delivered == 1


def test_without_a_free_thread_it_goes_the_usual_way(alpha: str) -> None:
    _publish_through(_hands(0), alpha, Ask(hospital=alpha, number=1))
    assert query(alpha, LEASED) == [(0,)]
    assert wake.take_all(Lane.OUTSIDE) == [alpha]
    assert drain().delivered == 1


def test_of_several_calls_one_is_handed_over(alpha: str) -> None:
    hands = _hands(3)
    _publish_through(hands, alpha, *(Ask(hospital=alpha, number=n) for n in range(3)))
    assert query(alpha, LEASED) == [(1,)]
    assert wake.take_all(Lane.OUTSIDE) == [alpha]


def test_a_hospital_at_its_limit_is_not_called_once_more(alpha: str) -> None:
    """Four calls are under way; the thread stays free for others."""
    hands = _hands()
    for number in range(4):
        _publish_through(_hands(), alpha, Ask(hospital=alpha, number=number))
    _publish_through(hands, alpha, Ask(hospital=alpha, number=4))
    assert query(alpha, LEASED) == [(4,)]
    assert hands.reserve()


def test_a_call_waits_for_the_earlier_of_its_aggregate(alpha: str) -> None:
    publish(alpha, Ask(hospital=alpha, number=1))
    hands = _hands()
    _publish_through(hands, alpha, Ask(hospital=alpha, number=1))
    assert query(alpha, LEASED) == [(0,)]
    assert hands.reserve()


def test_while_somebody_counts_it_goes_the_usual_way(alpha: str) -> None:
    hands, counts, go_on = _hands(), threading.Event(), threading.Event()

    def count() -> None:
        with open_scope(alpha, turn=rows.COUNTING):
            counts.set()
            go_on.wait(10)

    other = threading.Thread(target=count)
    other.start()
    try:
        assert counts.wait(10)
        _publish_through(hands, alpha, Ask(hospital=alpha, number=1))
    finally:
        go_on.set()
        other.join()
    assert query(alpha, LEASED) == [(0,)]
    assert hands.reserve()


def test_a_unit_that_fails_gives_its_thread_back(alpha: str) -> None:
    hands = _hands()
    with onward.going_on(WORKER, timedelta(seconds=30), hands), pytest.raises(LookupError):
        _answer_nobody(alpha)
    assert states(alpha) == {}
    assert hands.reserve()


def _answer_nobody(alpha: str) -> None:
    """A unit whose last statement finds out that it can't be."""
    with work(alpha, actor=ACTOR) as unit:
        unit.publish(Ask(hospital=alpha, number=1))
        unit.answer(units.Command(name="nobody's", key="k", fingerprint="f"), {})
        unit.audit("probe.published", target="x")


def test_the_districts_own_calls_go_the_usual_way(alpha: str) -> None:
    """What the region asks of a hospital counts in its own queue."""
    hands = _hands()
    _publish_through(hands, REGION, Ask(hospital=alpha, number=1))
    assert query(REGION, LEASED) == [(0,)]
    assert hands.reserve()


@pytest.mark.race
def test_the_limit_holds_when_calls_are_handed_over_and_claimed_at_once(
    alpha: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _under_way(alpha, monkeypatch) == 1


@pytest.mark.race
def test_control_uncounted_calls_exceed_the_limit(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the turn in which calls are counted, several find the last place free."""
    assert _under_way(alpha, monkeypatch, counting=lambda _world, _scope: True) == 10


def _wait(together: threading.Barrier) -> None:
    together.wait(10)


def _under_way(
    alpha: str, monkeypatch: pytest.MonkeyPatch, *, counting: Callable[[World, str], bool] = rows.may_count
) -> int:
    """How many calls ten threads begin where one is allowed: none commits before all have counted."""
    together = threading.Barrier(10)
    monkeypatch.setattr(units, "may_count", counting)
    monkeypatch.setattr(units, "calls_at_once", lambda _info, _lane: 1)
    hands = _hands(10)

    def ask(number: int) -> None:
        with onward.going_on(WORKER, timedelta(seconds=30), hands), work(alpha, actor=ACTOR) as unit:
            unit.publish(Ask(hospital=alpha, number=number))
            unit.audit("probe.published", target="x")
            unit.end_with(Ending(sql="SELECT true", parameters={}), lambda _: _wait(together))

    in_threads(10, ask)
    [(number,)] = query(alpha, LEASED)
    return int(number)


def test_a_relays_waiting_threads_make_the_call_and_end_with_it(alpha: str) -> None:
    relay, called = Relay(), threading.Event()
    thread = threading.Thread(target=relay._lend_a_hand)
    thread.start()
    try:
        with behaving("ask", lambda _event, _delivery: called.set()):
            while not called.is_set():
                _publish_through(relay._hands, alpha, Ask(hospital=alpha, number=1), worker=relay.worker)
                called.wait(0.5)
    finally:
        relay.stop()
        thread.join(10)
    assert not thread.is_alive()
    drain()
    assert states(alpha).keys() == {"done"}
    assert not relay._hands.reserve(), "a thread that has gone is counted on by nobody"
