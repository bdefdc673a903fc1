"""An ask from its commit to its answer, through the relay's own code, against the real sandbox over sockets."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.observability.metrics import exposition
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from institution_connectors.contracts import (
    Cancelled,
    CancelRegistration,
    Locked,
    LockNumber,
    Operation,
    Outcome,
    Ping,
    Reason,
    Registered,
)
from institution_connectors.exchange import health as connector_health
from institution_connectors.exchange import selectors, store
from institution_connectors.exchange.models import Attempt, Message, State
from institution_connectors.exchange.services import ask_now
from institution_connectors.runtime import pipeline
from institution_connectors.runtime.decisions import Act
from institution_connectors.runtime.gate import reset
from institution_connectors.runtime.pipeline import carry_out
from tests.connectors.asking import answer_of, answers_told, drain_until, enqueue, free_number, registration, state_of
from tests.connectors.conftest import Connected
from tests.connectors.people import hub_number, paid, somebody


def test_a_registration_reaches_the_hospital_and_its_answer_comes_back(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    exchange_id = enqueue(alpha_his.code, request)
    drain()
    known = answer_of(alpha_his.code, exchange_id).expect(Registered)
    [row] = alpha_his.registrations(request.hub_number)
    assert (row["his_number"], row["number_code"]) == (known.his_number, request.number_code)
    assert known.his_patient_id == row["patient_id"]  # the archive was made on the way
    assert answers_told(exchange_id) == [("accepted", "")]


def test_a_hospital_that_owns_its_numbers_is_locked_first(beta_his: Connected) -> None:
    schedule, number = free_number(beta_his)
    lock = LockNumber(
        hub_number=hub_number("L"), schedule_code=schedule.code, number_code=number.code, patient=somebody()
    )
    locking = enqueue(beta_his.code, lock, key="lock")
    drain()
    locked = answer_of(beta_his.code, locking).expect(Locked)
    request = replace(
        registration(beta_his, schedule, number),
        patient=lock.patient,
        lock_number=lock.hub_number,
        lock_code=locked.lock_code,
    )
    registering = enqueue(beta_his.code, request, key="register")
    drain()
    assert answer_of(beta_his.code, registering).expect(Registered).sequence == number.sequence


def test_asking_again_under_one_key_is_one_ask(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    assert enqueue(alpha_his.code, request) == enqueue(alpha_his.code, replace(request, fee_fen=1))
    drain()
    assert len(alpha_his.registrations(request.hub_number)) == 1


def test_asks_of_one_correlation_go_out_in_order(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    cancel = CancelRegistration(hub_number=hub_number("C"), registration_number=request.hub_number)
    first = enqueue(alpha_his.code, request, key="a", correlation="booking:1")
    second = enqueue(alpha_his.code, cancel, key="b", correlation="booking:1")
    drain()
    assert answer_of(alpha_his.code, first).outcome is Outcome.ACCEPTED
    answer_of(alpha_his.code, second).expect(Cancelled)


@pytest.mark.requirement("JA-PAY-16", "BQ-IF-10")
@pytest.mark.parametrize("fault", ["drop_answer", "empty_success", "garbage"])
def test_a_lost_answer_is_found_by_asking_and_nothing_is_done_twice(alpha_his: Connected, fault: str) -> None:
    request = registration(alpha_his)
    request = replace(request, payment=paid(request.fee_fen))
    alpha_his.board.switch(fault, times=1, only=["register"])
    exchange_id = enqueue(alpha_his.code, request)
    drain_until(alpha_his.code, exchange_id)
    assert answer_of(alpha_his.code, exchange_id).outcome is Outcome.ACCEPTED
    [row] = alpha_his.registrations(request.hub_number)
    assert (row["state"], row["order_number"]) == ("paid", request.payment.order_number if request.payment else "")
    with hospital(alpha_his.code, read_only=True):
        purposes = [str(attempt.purpose) for attempt in selectors.detail(exchange_id).attempts]
    assert purposes == ["prepare", "call", "check"]


def test_work_done_late_is_not_done_twice(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    alpha_his.board.switch("late", 600, times=1, only=["register"])
    exchange_id = enqueue(alpha_his.code, request)
    drain_until(alpha_his.code, exchange_id)
    assert answer_of(alpha_his.code, exchange_id).outcome is Outcome.ACCEPTED
    assert alpha_his.board.act("do_late")["done"] == 1
    assert len(alpha_his.registrations(request.hub_number)) == 1


def test_a_refusal_is_told_with_its_reason(alpha_his: Connected) -> None:
    request = replace(registration(alpha_his), fee_fen=1)
    exchange_id = enqueue(alpha_his.code, request)
    drain()
    answer = answer_of(alpha_his.code, exchange_id)
    assert (answer.outcome, answer.reason) == (Outcome.REJECTED, Reason.PRICE_CHANGED)
    assert answers_told(exchange_id) == [("rejected", "price_changed")]


def test_a_hospital_that_is_down_gets_it_when_it_is_back(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    alpha_his.board.act("down")
    exchange_id = enqueue(alpha_his.code, request)
    drain()
    assert state_of(alpha_his.code, exchange_id).state is not State.ACCEPTED
    alpha_his.board.act("restart")
    drain_until(alpha_his.code, exchange_id, seconds=20)
    assert answer_of(alpha_his.code, exchange_id).outcome is Outcome.ACCEPTED


def test_what_never_reached_the_hospital_is_rejected_at_its_deadline(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    alpha_his.board.act("down")
    exchange_id = enqueue(alpha_his.code, request)
    drain()
    with clock.shifted(timedelta(seconds=61)):
        drain_until(alpha_his.code, exchange_id)
    answer = answer_of(alpha_his.code, exchange_id)
    assert answer.outcome is Outcome.REJECTED
    assert answer.reason in {Reason.UNREACHABLE, Reason.EXPIRED, Reason.CONNECTION_LOST}
    alpha_his.board.act("restart")
    time.sleep(0.5)
    drain()
    assert alpha_his.registrations(request.hub_number) == []


def test_an_unknown_outcome_is_told_once_at_the_deadline_and_definitely_later(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    alpha_his.board.switch("drop_answer", only=["register", "check_outcome"])
    exchange_id = enqueue(alpha_his.code, request, seconds=1)
    for later in (0, 1.5, 3, 6):
        with clock.shifted(timedelta(seconds=later)):
            drain()
    assert state_of(alpha_his.code, exchange_id).state is State.UNKNOWN
    assert answers_told(exchange_id) == [("unknown", "connection_lost")]
    alpha_his.board.all_off()
    with clock.shifted(timedelta(seconds=30)):
        drain_until(alpha_his.code, exchange_id)
    assert [outcome for outcome, _ in answers_told(exchange_id)] == ["unknown", "accepted"]
    assert len(alpha_his.registrations(request.hub_number)) == 1


def test_a_process_that_dies_after_sending_leaves_a_question_not_a_second_request(
    alpha_his: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = registration(alpha_his)
    exchange_id = enqueue(alpha_his.code, request)
    real = store.conclude
    seen: list[bool] = []

    def die(*arguments: Any, **named: Any) -> Any:
        if arguments[1].step.act == "call" and not seen:
            seen.append(True)
            raise ConnectionError("killed before the answer was stored")
        return real(*arguments, **named)

    monkeypatch.setattr(store, "conclude", die)
    drain()
    drain_until(alpha_his.code, exchange_id)
    with hospital(alpha_his.code, read_only=True):
        purposes = [str(attempt.purpose) for attempt in selectors.detail(exchange_id).attempts]
    assert purposes == ["prepare", "call", "check"]
    assert len(alpha_his.registrations(request.hub_number)) == 1


def test_an_ask_that_ended_while_its_call_ran_is_told_once_and_keeps_what_came_of_the_call(
    alpha_his: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange_id = enqueue(alpha_his.code, registration(alpha_his))
    real = store.conclude

    def overtaken(profile: Any, begun: Any, answer: Any, *rest: Any, **options: Any) -> Any:
        if begun.step.act is Act.CALL:  # the other way, such as staff who ended it by hand
            store.settle(profile, exchange_id, answer, actor=options["actor"])
        return real(profile, begun, answer, *rest, **options)

    monkeypatch.setattr(store, "conclude", overtaken)
    drain()
    assert answers_told(exchange_id) == [("accepted", "")]
    with hospital(alpha_his.code, read_only=True):
        calls = list(Attempt.objects.filter(exchange_id=exchange_id, purpose=Act.CALL))
        assert [(call.outcome, call.ended_at is not None) for call in calls] == [("accepted", True)]
        assert Message.objects.filter(exchange_id=exchange_id, attempt=calls[0].number).count() == 2


def test_an_operation_the_hospital_lacks_is_refused_without_a_call(alpha_his: Connected) -> None:
    without = alpha_his.change(
        replace(alpha_his.profile, capabilities=alpha_his.profile.capabilities - {Operation.REGISTER})
    )
    request = registration(without)
    exchange_id = enqueue(without.code, request)
    drain()
    answer = answer_of(without.code, exchange_id)
    assert (answer.reason, answer.sent) == (Reason.NOT_SUPPORTED, False)
    assert without.registrations(request.hub_number) == []


def test_a_name_the_hospital_can_not_hold_stops_visibly(alpha_his: Connected) -> None:
    narrow = alpha_his.change(
        replace(alpha_his.profile, options=replace(alpha_his.profile.options, text_bytes={"name": 6}))
    )
    request = replace(registration(narrow), patient=somebody(name="欧阳小三"))
    exchange_id = enqueue(narrow.code, request)
    drain()
    assert answer_of(narrow.code, exchange_id).reason is Reason.NOT_CARRIED


def test_a_silent_hospital_is_left_alone_and_the_others_do_not_notice(
    alpha_his: Connected, beta_his: Connected
) -> None:
    alpha_his.board.act("down")
    for _ in range(3):
        assert ask_now(alpha_his.code, Ping()).reason is Reason.UNREACHABLE
    began = time.monotonic()
    assert ask_now(alpha_his.code, Ping()).reason is Reason.UNREACHABLE
    assert time.monotonic() - began < 0.5  # no call was made
    assert ask_now(beta_his.code, Ping()).outcome is Outcome.ACCEPTED
    alpha_his.board.act("restart")
    time.sleep(alpha_his.profile.limits.breaker_seconds + 0.2)
    assert ask_now(alpha_his.code, Ping()).outcome is Outcome.ACCEPTED


def test_a_hospital_that_is_back_finds_its_askers_at_once(alpha_his: Connected) -> None:
    """A crowd is turned away by the closed gate and comes back one by one; the first who is answered calls the rest."""
    requests = [registration(alpha_his) for _ in range(12)]
    alpha_his.board.act("down")
    waiting = [enqueue(alpha_his.code, request, key=request.hub_number) for request in requests]
    drain()
    with clock.shifted(timedelta(seconds=2)):
        drain()
    due = _due_again(alpha_his.code)
    assert len(due) == len(waiting)
    gaps = [later - sooner for sooner, later in pairwise(due[-6:])]
    assert min(gaps) > timedelta(seconds=0.1), "not all at the moment the gate opens"
    alpha_his.board.act("restart")
    time.sleep(alpha_his.profile.limits.breaker_seconds + 0.2)
    assert ask_now(alpha_his.code, Ping()).outcome is Outcome.ACCEPTED
    assert max(_due_again(alpha_his.code)) <= clock.now()
    for ask in waiting:
        drain_until(alpha_his.code, ask)
    outcomes = {answer_of(alpha_his.code, ask).outcome for ask in waiting}  # all wanted the same number
    assert outcomes == {Outcome.ACCEPTED, Outcome.REJECTED}


def test_an_answer_is_kept_although_nobody_could_be_called(
    alpha_his: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError("no connection")

    alpha_his.board.act("down")
    for _ in range(alpha_his.profile.limits.breaker_failures):
        ask_now(alpha_his.code, Ping())
    alpha_his.board.act("restart")
    time.sleep(alpha_his.profile.limits.breaker_seconds + 0.2)
    monkeypatch.setattr(pipeline, "hasten", broken)
    assert ask_now(alpha_his.code, Ping()).outcome is Outcome.ACCEPTED


def test_a_probe_that_is_answered_again_calls_those_who_wait(alpha_his: Connected) -> None:
    """In another process than the one whose gate is closed."""
    request = registration(alpha_his)
    alpha_his.board.act("down")
    alpha_his.probe()
    enqueue(alpha_his.code, request, seconds=600)
    with clock.shifted(timedelta(minutes=1)):
        drain()
    alpha_his.board.act("restart")
    [later] = _due_again(alpha_his.code)
    assert later > clock.now() + timedelta(seconds=30)
    reset()  # another process has gates of its own
    alpha_his.probe()
    [later] = _due_again(alpha_his.code)
    assert later <= clock.now()


def _due_again(code: str) -> list[datetime]:
    with hospital(code, read_only=True), connections["hospital"].cursor() as cursor:
        cursor.execute("SELECT available_at FROM hospital_outbox WHERE state = 'pending' AND lane = 'outside'")
        return sorted(when for (when,) in cursor.fetchall())


def test_messages_are_stored_and_shown_masked(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    exchange_id = enqueue(alpha_his.code, request)
    drain()
    with hospital(alpha_his.code, read_only=True):
        shown = selectors.detail(exchange_id)
    texts = "".join(message.text or "" for message in shown.messages)
    assert len(shown.messages) == 4  # the archive and the registration, out and in
    assert request.number_code in texts
    for secret in (request.patient.name, request.patient.document_number, request.patient.phone):
        assert secret not in texts
    assert shown.row.duration_ms is not None


def test_health_shows_a_wrong_clock_and_failures(alpha_his: Connected) -> None:
    alpha_his.board.switch("clock_skew", 120)
    probe_of = alpha_his.probe()
    assert probe_of.skew_ms is not None
    assert 118_000 < probe_of.skew_ms < 122_000
    with hospital(alpha_his.code, read_only=True):
        health = connector_health.health()
    assert health.reachable
    assert health.skew_ms == probe_of.skew_ms
    assert health.calls >= 1
    figures = exposition().decode()
    assert 'hub_connector_clock_skew_seconds{hospital="alpha"' in figures
    assert (
        'hub_connector_calls_total{dialect="rest_json",hospital="alpha",operation="ping",outcome="accepted"' in figures
    )


def test_an_ask_answered_at_once_takes_few_statements(alpha_his: Connected) -> None:
    schedule, number = free_number(alpha_his)
    exchange_id = enqueue(alpha_his.code, registration(alpha_his, schedule, number))
    with CaptureQueriesContext(connections["hospital"]) as captured:
        carry_out(alpha_his.code, exchange_id, until=clock.now() + timedelta(seconds=60))
    assert answer_of(alpha_his.code, exchange_id).outcome is Outcome.ACCEPTED
    # three transactions: begin; archive made, go on; registered
    assert len([query for query in captured if "BEGIN" in query["sql"]]) == 3
    assert len(captured) <= 20


def test_reads_are_tried_three_times_and_end_definitely(alpha_his: Connected) -> None:
    alpha_his.board.switch("garbage", times=2, only=["ping"])
    assert ask_now(alpha_his.code, Ping()).outcome is Outcome.ACCEPTED
    alpha_his.board.switch("garbage", only=["ping"])
    asked = alpha_his.board.facts()["asked"]["ping"]
    answer = ask_now(alpha_his.code, Ping())
    assert (answer.outcome, answer.reason) == (Outcome.REJECTED, Reason.UNREADABLE)
    assert alpha_his.board.facts()["asked"]["ping"] - asked == 3
    assert clock.now() - state_of(alpha_his.code, None).asked_at < timedelta(seconds=10)
