"""A unit of work: rows, audit entry, event and answer together or not at all; one key, one act."""

from __future__ import annotations

import time

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from hub.errors import IdempotencyMismatch
from hub.idempotency import claims
from hub.outbox import wake
from hub.outbox.models import Lane
from hub.tenancy.scope import REGION, hospital
from hub.work import AuditMissing, Claim, Command, Unit, work
from tests.harness.threads import in_threads
from tests.journal.probes import ACTOR, Knock, done, publish, query, someone, states

KEY = Command(name="probe.act", key="key-1", fingerprint="a" * 64)


def act(scope: str, command: Command, *, pause: float = 0.0) -> bool:
    """An act that must happen once per key; whether this call did it."""
    with work(scope, actor=ACTOR) as unit:
        claim = unit.claim(command, reference="made-1")
        if not claim.new:
            assert claim.response == {"made": 1}
            return False
        time.sleep(pause)
        unit.audit("probe.act", target="made-1")
        unit.answer(command, {"made": 1})
        return True


def test_same_key_replays_its_answer(alpha: str) -> None:
    assert act(alpha, KEY)
    assert not act(alpha, KEY)
    assert done(alpha, "probe.act") == ["made-1"]


def test_same_key_with_another_request_is_refused(alpha: str) -> None:
    act(alpha, KEY)
    with pytest.raises(IdempotencyMismatch):
        act(alpha, Command(name=KEY.name, key=KEY.key, fingerprint="b" * 64))
    assert done(alpha, "probe.act") == ["made-1"]


def test_another_actor_or_command_may_use_an_equal_key(alpha: str) -> None:
    act(alpha, KEY)
    with work(alpha, actor=someone("else")) as unit:
        assert unit.claim(KEY, reference="made-2").new
        unit.audit("probe.act", target="made-2")
    assert act(alpha, Command(name="probe.other", key=KEY.key, fingerprint=KEY.fingerprint))


def test_key_of_a_failed_act_is_free_again(alpha: str) -> None:
    def fails() -> None:
        with work(alpha, actor=ACTOR) as unit:
            unit.claim(KEY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert act(alpha, KEY)


def test_repeat_before_the_answer_learns_the_reference(alpha: str) -> None:
    with work(alpha, actor=ACTOR) as unit:
        unit.claim(KEY, reference="made-1")
        unit.audit("probe.act", target="made-1")
    with work(alpha, actor=ACTOR) as unit:
        assert unit.claim(KEY, reference="made-2") == Claim(new=False, reference="made-1", response=None)
    with work(alpha, actor=ACTOR) as unit:
        unit.answer(KEY, {"made": 1})
        unit.audit("probe.answered", target="made-1")
    assert not act(alpha, KEY)


def test_answer_without_a_claim_is_an_error(alpha: str) -> None:
    with pytest.raises(LookupError), work(alpha, actor=ACTOR) as unit:
        unit.answer(KEY, {})


@pytest.mark.race
def test_twenty_at_once_with_one_key_do_it_once(alpha: str) -> None:
    acted = in_threads(20, lambda _: act(alpha, KEY, pause=0.05))
    assert sum(acted) == 1
    assert done(alpha, "probe.act") == ["made-1"]


@pytest.mark.race
def test_control_without_the_claim_they_all_do_it(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def always_new(*_: object, reference: str, **__: object) -> Claim:
        return Claim(new=True, reference=reference, response=None)

    monkeypatch.setattr("hub.work.claim", always_new)
    monkeypatch.setattr(Unit, "answer", lambda *_: None)
    in_threads(20, lambda _: act(alpha, KEY, pause=0.05))
    assert len(done(alpha, "probe.act")) == 20


@pytest.mark.control("CES1-15/26")
def test_writing_without_audit_is_refused_and_undone(alpha: str) -> None:
    with pytest.raises(AuditMissing), work(alpha, actor=ACTOR), connections["hospital"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO hospital_inbox (source, incarnation, event_id, handler, received_at)"
            " VALUES ('x', 1, gen_random_uuid(), 'x', now())"
        )
    assert query(alpha, "SELECT count(*) FROM {inbox}") == [(0,)]


@pytest.mark.parametrize(
    "write",
    [
        "UPDATE hospital_command SET reference = ''",
        "  delete from hospital_command",
        "WITH gone AS (DELETE FROM hospital_command RETURNING 1) SELECT * FROM gone",
        sql.SQL("DELETE FROM {}").format(sql.Identifier("hospital_command")),
    ],
)
def test_a_write_is_noticed_however_it_is_spelled(alpha: str, write: str | sql.Composed) -> None:
    with pytest.raises(AuditMissing), work(alpha, actor=ACTOR), connections["hospital"].cursor() as cursor:
        cursor.execute(write)


def test_publishing_and_claiming_without_audit_is_refused(alpha: str) -> None:
    with pytest.raises(AuditMissing), work(alpha, actor=ACTOR) as unit:
        unit.publish(Knock(number=1))
    with pytest.raises(AuditMissing), work(alpha, actor=ACTOR) as unit:
        unit.claim(KEY)
    assert states(alpha) == {}


def test_reading_owes_no_audit(alpha: str) -> None:
    with work(alpha, actor=ACTOR), connections["hospital"].cursor() as cursor:
        cursor.execute("SELECT 1")


def test_event_audit_and_rows_roll_back_together(alpha: str) -> None:
    def fails() -> None:
        with work(alpha, actor=ACTOR) as unit:
            unit.claim(KEY)
            unit.publish(Knock(number=1))
            unit.audit("probe.act", target="made-1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    for table in ("outbox", "audit", "pending", "command"):
        assert query(alpha, f"SELECT count(*) FROM {{{table}}}") == [(0,)]


def test_events_without_a_subscriber_leave_no_row(alpha: str) -> None:
    class Unheard(Knock):
        NAME = "probe.unheard"

    publish(alpha, Unheard(number=1))
    assert states(alpha) == {}


@pytest.mark.parametrize("scope", [REGION, "alpha"])
def test_a_unit_costs_two_statements_besides_its_own(scope: str, committed: None) -> None:
    act(scope, Command(name="warm", key="up", fingerprint="f"))
    alias = "default" if scope == REGION else "hospital"
    with CaptureQueriesContext(connections[alias]) as captured, work(scope, actor=ACTOR) as unit:
        unit.claim(KEY, reference="made-1")
        unit.audit("probe.act", target="made-1")
        unit.publish(Knock(number=1))
        unit.answer(KEY, {"made": 1})
    statements = [
        query["sql"] for query in captured.captured_queries if not query["sql"].startswith(("BEGIN", "COMMIT"))
    ]
    print(*statements, sep="\n")
    assert [statement.split()[0] for statement in statements] == ["INSERT", "WITH"]


def test_claim_waits_for_the_holder_and_then_sees_its_answer(alpha: str) -> None:
    def one_after_the_other(number: int) -> bool:
        time.sleep(0.1 * number)
        return act(alpha, KEY, pause=0.4)

    assert in_threads(2, one_after_the_other) == [True, False]


def test_keys_of_actors_differ() -> None:
    assert claims.actor_key(someone("a")) != claims.actor_key(someone("b"))


def test_units_of_one_request_wake_the_relay_together_after_the_last(alpha: str) -> None:
    """Also when the request fails after a unit of it committed."""

    def request() -> None:
        with wake.together():
            publish(alpha, Knock(number=1, door="a"))
            publish(alpha, Knock(number=2, door="b"))
            assert wake.take_all(Lane.INTERNAL) == []
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        request()
    assert wake.take_all(Lane.INTERNAL) == [alpha]
    assert wake.take_all(wake.SEAL) == [alpha]


@pytest.mark.parametrize("relaxed", [True, False])
def test_a_relaxed_unit_does_not_wait_for_the_disk_and_the_next_one_does(alpha: str, relaxed: bool) -> None:
    def waits() -> bool:
        with connections["hospital"].cursor() as cursor:
            cursor.execute("SELECT current_setting('synchronous_commit')")
            return bool(cursor.fetchone() != ("off",))

    with hospital(alpha), connections["hospital"].cursor() as cursor:
        cursor.execute("SELECT set_config('synchronous_commit', 'on', false)")  # the tests' server waits for nobody
    seen = []
    with work(alpha, actor=ACTOR) as unit:
        if relaxed:
            unit.relax()
        unit.audit("probe.act", target="made-1")
        unit.settle()
        seen.append(waits())
        unit._audits.clear()
        unit._relaxed = False
    with work(alpha, actor=ACTOR) as unit:
        unit.audit("probe.act", target="made-2")
        unit.settle()
        seen.append(waits())
        unit._audits.clear()
    connections["hospital"].close_pool()  # type: ignore[attr-defined]
    assert seen == [not relaxed, True]
