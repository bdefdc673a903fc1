"""Deliveries: in every world, in order per aggregate, fairly between hospitals, again after failures, never twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from hub import clock, ids
from hub.journal.flush import Ending
from hub.journal.world import open_scope, world_of
from hub.outbox import delivery, onward, policy, rows, services, turn
from hub.outbox.errors import NotDead
from hub.outbox.events import Delivery, Permanent, Temporary
from hub.outbox.models import Lane
from hub.outbox.policy import LanePolicy, lane_policy
from hub.outbox.relay import drain
from hub.outbox.selectors import dead_letters
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from tests.harness.threads import in_threads
from tests.journal.probes import ACTOR, Ask, Behaviour, Knock, Upload, Visit, behaving, done, publish, query, states

INTERNAL = LanePolicy(Lane.INTERNAL, 8, timedelta(seconds=30), 4)


def fail_with(error: Exception) -> Behaviour:
    def fail(_event: object, _context: object) -> None:
        raise error

    return fail


def test_a_hospitals_event_reaches_the_region_and_the_reverse(alpha: str) -> None:
    publish(alpha, Knock(number=1))
    publish(REGION, Visit(hospital=alpha, number=2))
    drained = drain()
    assert (drained.delivered, drained.failed) == (2, 0)
    assert done(REGION, "probe.knock") == ["knock:1"]
    assert done(alpha, "probe.visit") == ["visit:2"]
    assert query(REGION, "SELECT source, incarnation FROM {inbox}") == [(alpha, 1)]
    assert states(alpha) == states(REGION) == {"done": 1}


def test_an_event_handled_where_it_arose_needs_no_inbox(alpha: str) -> None:
    publish(REGION, Knock(number=1))
    publish(alpha, Visit(hospital=alpha, number=1))
    assert drain().delivered == 2
    assert done(REGION, "probe.knock") == ["knock:1"]
    assert done(alpha, "probe.visit") == ["visit:1"]
    assert query(REGION, "SELECT count(*) FROM {inbox}") == query(alpha, "SELECT count(*) FROM {inbox}") == [(0,)]


def test_an_outside_handler_is_told_its_attempt(alpha: str) -> None:
    seen = []
    with behaving("ask", lambda _, delivery: seen.append(delivery)):
        publish(alpha, Ask(hospital=alpha, number=1))
        assert drain(outside=False).delivered == 0
        assert drain().delivered == 1
    [told] = seen
    [(event_id,)] = query(alpha, "SELECT event_id FROM {outbox}")
    assert (told.event_id, told.source, told.attempt) == (event_id, alpha, 1)
    assert clock.now() < told.deadline < clock.now() + lane_policy(Lane.OUTSIDE).lease


def test_a_row_delivered_before_a_crash_is_not_handled_again(alpha: str) -> None:
    publish(alpha, Knock(number=1))
    worker = ids.uuid7()
    [row] = _claim(alpha, worker)
    assert delivery.attempt(alpha, row, worker=worker).failure is None  # and the process dies before storing it
    assert drain().delivered == 0
    with clock.shifted(timedelta(seconds=31)):  # its lease runs out
        assert drain().delivered == 1
    assert done(REGION, "probe.knock") == ["knock:1"]
    assert states(alpha) == {"done": 1}


def test_a_repeat_is_known_before_its_handler_meets_a_world_in_which_its_work_is_done(alpha: str) -> None:
    publish(alpha, Knock(number=1))
    [row] = _claim(alpha, ids.uuid7())
    delivery.attempt(alpha, row, worker=ids.uuid7())
    with behaving("knock", fail_with(LookupError("it was done"))), clock.shifted(timedelta(seconds=31)):
        assert (drain().delivered, states(alpha)) == (1, {"done": 1})


def test_without_the_inbox_it_would_be_handled_twice(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "receiving", lambda *_: Ending(sql="SELECT true", parameters={}))
    publish(alpha, Knock(number=1))
    [row] = _claim(alpha, ids.uuid7())
    delivery.attempt(alpha, row, worker=ids.uuid7())
    with clock.shifted(timedelta(seconds=31)):
        drain()
    assert done(REGION, "probe.knock") == ["knock:1", "knock:1"]


def test_a_slow_worker_that_lost_its_lease_does_not_handle_again(alpha: str) -> None:
    publish(REGION, Knock(number=1))
    slow, worker = ids.uuid7(), ids.uuid7()
    [row] = _claim(REGION, slow)
    with clock.shifted(timedelta(seconds=31)):
        [again] = _claim(REGION, worker)
        delivery.attempt(REGION, again, worker=worker)
    delivery.attempt(REGION, row, worker=slow)
    assert done(REGION, "probe.knock") == ["knock:1"]


def test_what_follows_from_a_delivery_is_done_in_the_same_turn(alpha: str) -> None:
    def knock_at_the_region(event: Visit, unit: Unit) -> None:
        unit.publish(Knock(number=event.number, hospital=alpha))

    publish(REGION, Visit(hospital=alpha, number=7))
    with behaving("visit", knock_at_the_region):
        took = turn.take(REGION, INTERNAL, worker=ids.uuid7())
    assert (took.claimed, took.delivered) == (1, 2)
    assert done(REGION, "probe.knock") == ["knock:7"]
    assert states(alpha) == states(REGION) == {"done": 1}


def test_what_follows_from_a_call_outside_is_done_after_it(alpha: str) -> None:
    publish(alpha, Ask(hospital=alpha, number=1))
    with behaving("ask", lambda event, _: publish(alpha, Knock(number=event.number))):
        took = turn.take(alpha, lane_policy(Lane.OUTSIDE), worker=ids.uuid7())
    assert (took.claimed, took.delivered) == (1, 2)
    assert done(REGION, "probe.knock") == ["knock:1"]


def test_the_end_of_a_call_can_be_stored_with_its_answer(alpha: str) -> None:
    def end_with_the_answer(_: Ask, delivery_: Delivery) -> None:
        with work(alpha, actor=ACTOR) as unit:
            unit.audit("probe.answered", target="ask:1")
            delivery_.end_in(unit)
        assert states(alpha) == {"done": 1}

    publish(alpha, Ask(hospital=alpha, number=1))
    with behaving("ask", end_with_the_answer):
        assert drain().failed == 0
    assert states(alpha) == {"done": 1}


def test_a_call_whose_answer_is_not_stored_has_not_ended(alpha: str) -> None:
    def end_and_fail(_: Ask, delivery_: Delivery) -> None:
        with work(alpha, actor=ACTOR) as unit:
            delivery_.end_in(unit)
            raise Temporary("the answer can't be stored")

    publish(alpha, Ask(hospital=alpha, number=1))
    with behaving("ask", end_and_fail):
        assert drain().failed == 1
    assert states(alpha) == {"pending": 1}


def test_what_follows_waits_for_what_was_published_before_it(alpha: str) -> None:
    def knock_again(event: Visit, unit: Unit) -> None:
        unit.publish(Knock(number=event.number, door="one"))
        unit.publish(Knock(number=event.number + 1, door="one"))

    publish(alpha, Knock(number=1, door="one"))
    held = _claim(alpha, ids.uuid7())
    publish(alpha, Visit(hospital=alpha, number=2))
    with behaving("visit", knock_again):
        assert turn.take(alpha, INTERNAL, worker=ids.uuid7()).delivered == 1
    assert len(held) == 1
    assert done(REGION, "probe.knock") == []
    with clock.shifted(timedelta(seconds=31)):
        drain()
    assert done(REGION, "probe.knock") == ["knock:1", "knock:2", "knock:3"]


def test_what_a_relay_kept_for_itself_outlives_its_death(alpha: str) -> None:
    publish(REGION, Visit(hospital=alpha, number=3))
    worker = ids.uuid7()
    [row] = _claim(REGION, worker)
    with (
        behaving("visit", lambda event, unit: unit.publish(Knock(number=event.number))),
        onward.going_on(worker, INTERNAL.lease) as line,
    ):
        delivery.attempt(REGION, row, worker=worker)
    assert len(line.waiting) == 1  # and the process dies
    assert drain().delivered == 0
    with clock.shifted(timedelta(seconds=31)):
        drain()
    assert done(REGION, "probe.knock") == ["knock:3"]


def test_later_events_of_an_aggregate_wait_for_the_earlier(alpha: str) -> None:
    publish(alpha, *(Knock(number=n, door="a") for n in range(3)), *(Knock(number=n, door="b") for n in range(10, 13)))
    assert [row.payload["number"] for row in _claim(alpha, ids.uuid7())] == [0, 10]
    with clock.shifted(timedelta(seconds=31)):
        drain()
    order = [int(target.removeprefix("knock:")) for target in done(REGION, "probe.knock")]
    assert [n for n in order if n < 10] == [0, 1, 2]
    assert [n for n in order if n >= 10] == [10, 11, 12]


def test_a_failed_event_holds_its_aggregate_until_it_succeeds(alpha: str) -> None:
    publish(alpha, Knock(number=1, door="a"), Knock(number=2, door="a"), Knock(number=3, door="b"))

    with behaving("knock", _only(1, Temporary("not yet"))):
        drained = drain()
    assert (drained.delivered, drained.failed, drained.dead) == (1, 1, 0)
    assert done(REGION, "probe.knock") == ["knock:3"]
    with clock.shifted(timedelta(seconds=2)):
        assert drain().delivered == 2
    assert done(REGION, "probe.knock") == ["knock:3", "knock:1", "knock:2"]


def test_a_dead_letter_blocks_only_its_aggregate_until_it_is_replayed(alpha: str) -> None:
    publish(alpha, Knock(number=1, door="a"), Knock(number=2, door="a"), Knock(number=3, door="b"))
    with behaving("knock", _only(1, Permanent("never"))):
        assert drain().dead == 1
    with clock.shifted(timedelta(days=1)):
        assert drain().delivered == 0
    assert done(REGION, "probe.knock") == ["knock:3"]
    [letter] = dead_letters(alpha)
    assert (letter.aggregate, letter.attempts, letter.last_error) == ("door:a", 1, "Permanent: never")

    services.replay(alpha, letter.id, actor=ACTOR, reason="mended")
    assert drain().delivered == 2
    assert done(REGION, "probe.knock") == ["knock:3", "knock:1", "knock:2"]
    assert done(alpha, "outbox.replayed") == [f"outbox:{letter.id}"]
    with pytest.raises(NotDead):
        services.replay(alpha, letter.id, actor=ACTOR, reason="again")


def test_a_dropped_dead_letter_lets_its_aggregate_go_on(alpha: str) -> None:
    publish(alpha, Knock(number=1, door="a"), Knock(number=2, door="a"))
    with behaving("knock", _only(1, Permanent("never"))):
        drain()
    [letter] = dead_letters(alpha)
    services.drop(alpha, letter.id, actor=ACTOR, reason="settled by telephone")
    assert drain().delivered == 1
    assert done(REGION, "probe.knock") == ["knock:2"]
    assert done(alpha, "outbox.dropped") == [f"outbox:{letter.id}"]
    assert states(alpha) == {"dropped": 1, "done": 1}


def test_all_dead_letters_of_a_handler_are_replayed_at_once(alpha: str) -> None:
    publish(alpha, *(Knock(number=n, door=str(n)) for n in range(3)))
    with behaving("knock", fail_with(Permanent("never"))):
        assert drain().dead == 3
    handler = "tests.journal.probes.answer_knock"
    assert services.replay_all(alpha, handler=handler, actor=ACTOR, reason="mended") == 3
    assert drain().delivered == 3


def test_failures_are_tried_again_later_and_later_and_then_given_up(alpha: str) -> None:
    publish(alpha, Knock(number=1))
    passed, pauses = timedelta(0), []
    with behaving("knock", fail_with(ValueError("a fault of ours"))):
        for _ in range(policy.UNEXPECTED_LIMIT):
            with clock.shifted(passed):
                assert drain().failed == 1
                [(available, state)] = query(alpha, "SELECT available_at, state FROM {outbox}")
                pauses.append(available - clock.now())
            passed += pauses[-1] + timedelta(milliseconds=50)
    assert state == "dead"
    assert pauses[0] < timedelta(seconds=0.6)
    assert timedelta(seconds=30) < pauses[8] < timedelta(seconds=129)
    assert query(alpha, "SELECT count(*), max(attempt) FROM {attempt}") == [(12, 12)]
    assert done(REGION, "probe.knock") == []


def test_not_now_is_tried_for_hours_and_not_before_it_says(alpha: str) -> None:
    publish(alpha, Knock(number=1))
    with behaving("knock", fail_with(Temporary("closed", retry_after=900))):
        drain()
        with clock.shifted(timedelta(seconds=890)):
            assert drain().failed == 0
        with clock.shifted(timedelta(seconds=901)):
            assert drain().failed == 1
    assert policy.attempts_allowed(temporary=True) > policy.attempts_allowed(temporary=False)
    total = sum((policy.backoff(n) for n in range(1, policy.TEMPORARY_LIMIT)), timedelta(0))
    assert timedelta(hours=1.2) < total < timedelta(hours=4)


def test_a_failed_handler_leaves_nothing(alpha: str) -> None:
    publish(alpha, Knock(number=1))
    with behaving("knock", fail_with(ValueError("late"))):
        drain()
    assert done(REGION, "probe.knock") == []
    assert query(REGION, "SELECT count(*) FROM {inbox}") == [(0,)]


def test_an_error_of_the_database_is_kept_without_its_row(alpha: str) -> None:
    def break_a_constraint(_event: object, unit: Unit) -> None:
        values = [alpha, 1, ids.uuid7(), "x", clock.now()] * 2
        unit.bookkeep(
            "INSERT INTO region_inbox (source, incarnation, event_id, handler, received_at)"
            " VALUES (%s, %s, %s, %s, %s), (%s, %s, %s, %s, %s)",
            values,
        )

    publish(alpha, Knock(number=1))
    with behaving("knock", break_a_constraint):
        drain()
    [(error,)] = query(alpha, "SELECT last_error FROM {outbox}")
    assert error == "IntegrityError 23505 region_inbox_event_once"


def test_a_handler_that_is_gone_becomes_a_dead_letter_in_the_end(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(alpha, Knock(number=1))
    monkeypatch.setattr(delivery, "subscription", {}.__getitem__)
    assert drain().failed == 1
    assert states(alpha) == {"pending": 1}


def test_one_hospitals_backlog_does_not_delay_another(alpha: str, beta: str) -> None:
    publish(REGION, *(Visit(hospital=alpha, number=n) for n in range(500)))
    publish(REGION, Visit(hospital=beta, number=1000))
    worker, turns = ids.uuid7(), 0
    while not done(beta, "probe.visit"):
        turn.take(REGION, INTERNAL, worker=worker)
        turns += 1
    assert turns <= 3
    assert len(done(alpha, "probe.visit")) <= 3 * INTERNAL.batch


def test_no_more_calls_to_a_hospital_than_its_limit(alpha: str, beta: str) -> None:
    publish(alpha, *(Ask(hospital=alpha, number=n) for n in range(10)))
    publish(REGION, *(Ask(hospital=alpha, number=n) for n in range(20, 30)), Ask(hospital=beta, number=30))
    outside = lane_policy(Lane.OUTSIDE)
    assert sum(len(_claim(alpha, ids.uuid7(), outside)) for _ in range(8)) == 4
    in_region = [row.hospital for _ in range(12) for row in _claim(REGION, ids.uuid7(), outside)]
    assert sorted(in_region) == [alpha] * 4 + [beta]


def test_what_nobody_waits_for_leaves_a_place_to_those_who_wait(alpha: str) -> None:
    """The limit of a hospital counts all calls under way; uploads never take the last place (ADR 1144)."""
    publish(alpha, *(Upload(hospital=alpha, number=n) for n in range(10)))
    publish(alpha, *(Ask(hospital=alpha, number=n) for n in range(10)))
    bulk, outside = lane_policy(Lane.BULK), lane_policy(Lane.OUTSIDE)
    assert sum(len(_claim(alpha, ids.uuid7(), bulk)) for _ in range(8)) == 3
    assert sum(len(_claim(alpha, ids.uuid7(), outside)) for _ in range(8)) == 1


def test_a_place_that_becomes_free_is_told_to_both_kinds_of_calls(alpha: str) -> None:
    publish(alpha, *(Upload(hospital=alpha, number=n) for n in range(4)), Ask(hospital=alpha, number=9))
    took = turn.take(alpha, lane_policy(Lane.BULK), worker=ids.uuid7())
    assert took.more == [(alpha, Lane.OUTSIDE), (alpha, Lane.BULK)]


@pytest.mark.race
def test_the_limit_holds_when_many_claim_at_once(alpha: str) -> None:
    publish(alpha, *(Ask(hospital=alpha, number=n) for n in range(30)))
    outside = lane_policy(Lane.OUTSIDE)
    claimed = in_threads(12, lambda _: len(_claim(alpha, ids.uuid7(), outside)))
    assert sum(claimed) == 4


@pytest.mark.race
def test_rows_are_claimed_by_one_of_many_who_pass_each_other_by(alpha: str) -> None:
    publish(alpha, *(Knock(number=n, door=str(n)) for n in range(64)))
    claimed = in_threads(8, lambda _: [row.id for row in _claim(alpha, ids.uuid7())])
    taken = [row for rows_ in claimed for row in rows_]
    assert len(taken) == len(set(taken))
    assert len(taken) >= 48


@pytest.mark.race
def test_claims_at_the_same_time_keep_the_order_of_an_aggregate(alpha: str) -> None:
    publish(alpha, *(Knock(number=n, door="one") for n in range(40)))

    def work_on(_: int) -> None:
        for _ in range(30):
            turn.take(alpha, INTERNAL, worker=ids.uuid7())

    in_threads(6, work_on)
    drain()
    assert done(REGION, "probe.knock") == [f"knock:{n}" for n in range(40)]


def test_rows_not_begun_are_given_back_when_the_relay_stops(alpha: str) -> None:
    publish(alpha, *(Knock(number=n, door=str(n)) for n in range(5)))
    begun: list[int] = []
    with behaving("knock", lambda event, _: begun.append(event.number)):
        turn.take(alpha, INTERNAL, worker=ids.uuid7(), stopping=lambda: len(begun) >= 2)
    assert states(alpha) == {"done": 2, "pending": 3}
    assert query(alpha, "SELECT DISTINCT attempts, lease_by FROM {outbox} WHERE state = 'pending'") == [(0, None)]


def _claim(scope: str, worker: UUID, lane: LanePolicy = INTERNAL) -> list[rows.Claimed]:
    with open_scope(scope, turn=rows.COUNTING):
        claimed, _ = rows.claim(
            world_of(scope),
            lane.lane,
            worker=worker,
            now=clock.now(),
            lease=lane.lease,
            batch=lane.batch,
            caps=turn._caps(scope, lane.lane),
        )
    return claimed


def _only(number: int, error: Exception) -> Behaviour:
    def fail(event: Knock, _unit: object) -> None:
        if event.number == number:
            raise error

    return fail
