"""What to do next about an ask, as a table: pure, so that every corner is cheap to look into."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub import clock
from institution_connectors.contracts import (
    CancelRegistration,
    ConnectorProfile,
    ListDepartments,
    Operation,
    Outcome,
    Reason,
    Register,
    Request,
)
from institution_connectors.runtime.decisions import (
    GRACE,
    Act,
    Ask,
    Settle,
    Step,
    TellUnknown,
    Tried,
    Try,
    Wait,
    next_step,
)
from tests.connectors.dialects import CASES
from tests.connectors.people import hub_number, somebody

NOW = clock.now()
PROFILE = CASES[0].profile
STUBBORN = replace(PROFILE, options=replace(PROFILE.options, idempotent=False))
MUTE = replace(PROFILE, capabilities=PROFILE.capabilities - {Operation.CHECK_OUTCOME})
CANCEL = CancelRegistration(hub_number=hub_number(), registration_number=hub_number())
REGISTER = Register(
    hub_number=hub_number(),
    schedule_code="S",
    number_code="N",
    sequence=1,
    starts=NOW,
    patient=somebody(),
    fee_fen=1,
)


def tried(act: Act, ago: float, outcome: Outcome | None, reason: Reason = Reason.NONE, *, sent: bool = True) -> Tried:
    """An attempt that began `ago` seconds before now; outcome None: the process died under it."""
    began = NOW - timedelta(seconds=ago)
    return Tried(act=act, started=began, ended=began if outcome else None, outcome=outcome, reason=reason, sent=sent)


def step(
    *attempts: Tried,
    request: Request = CANCEL,
    left: float = 60,
    told: bool = False,
    profile: ConnectorProfile = PROFILE,
) -> Step:
    """The next step of an ask whose deadline is `left` seconds away."""
    ask = Ask(request=request, deadline=NOW + timedelta(seconds=left), tried=attempts, told_unknown=told)
    return next_step(ask, profile, NOW)


LOST = tried(Act.CALL, 30, Outcome.UNKNOWN, Reason.CONNECTION_LOST)
FRESH = tried(Act.CALL, 5, Outcome.UNKNOWN, Reason.TIME_OUT)
DIED = tried(Act.CALL, 30, None)
ABSENT = tried(Act.CHECK, 4, Outcome.REJECTED, Reason.NOT_DONE)
AWAY = tried(Act.CALL, 30, Outcome.REJECTED, Reason.UNREACHABLE, sent=False)


def test_a_new_ask_is_sent() -> None:
    assert step() == Try(Act.CALL)
    assert step(request=ListDepartments()) == Try(Act.CALL)


def test_an_archive_is_made_sure_of_first_and_only_then_the_number_is_asked_for() -> None:
    assert step(request=REGISTER) == Try(Act.PREPARE)
    known = replace(REGISTER, patient=replace(REGISTER.patient, his_id="1"))
    assert step(tried(Act.PREPARE, 1, Outcome.ACCEPTED), request=known) == Try(Act.CALL)


@pytest.mark.parametrize("doubt", [LOST, DIED])
def test_what_may_have_been_done_is_asked_after_and_never_sent_again_first(doubt: Tried) -> None:
    assert step(doubt) == Try(Act.CHECK)
    assert step(doubt, left=-1, told=True) == Try(Act.CHECK)
    assert step(doubt, profile=STUBBORN) == Try(Act.CHECK)


def test_absent_lets_an_idempotent_hospital_be_asked_again_at_once() -> None:
    assert step(FRESH, ABSENT) == Try(Act.CALL)


def test_absent_said_too_early_is_not_final() -> None:
    assert isinstance(step(FRESH, ABSENT, profile=STUBBORN), Wait)
    assert isinstance(step(FRESH, ABSENT, left=-1, told=True), Wait)
    early = tried(Act.CHECK, 24, Outcome.REJECTED, Reason.NOT_DONE)
    assert step(LOST, early, profile=STUBBORN) == Try(Act.CHECK)


def test_absent_said_late_enough_is_final() -> None:
    assert step(LOST, ABSENT, profile=STUBBORN) == Try(Act.CALL)
    ended = step(LOST, ABSENT, left=-1, told=True)
    assert isinstance(ended, Settle)
    assert (ended.answer.outcome, ended.answer.reason) == (Outcome.REJECTED, Reason.NOT_DONE)
    assert timedelta(seconds=26) > GRACE


def test_a_deadline_in_doubt_is_told_once_and_the_asking_goes_on() -> None:
    assert step(LOST, left=-1) == TellUnknown()
    assert step(LOST, left=-1, told=True) == Try(Act.CHECK)


def test_what_never_reached_the_hospital_is_sent_again_and_rejected_at_the_deadline() -> None:
    assert step(AWAY) == Try(Act.CALL)
    ended = step(AWAY, left=-1)
    assert isinstance(ended, Settle)
    assert (ended.answer.reason, ended.answer.sent) == (Reason.UNREACHABLE, False)
    fresh = step(left=-1)
    assert isinstance(fresh, Settle)
    assert fresh.answer.reason is Reason.EXPIRED


def test_a_hospital_that_can_not_be_asked_after_is_sent_the_same_number_again() -> None:
    assert step(LOST, profile=MUTE) == Try(Act.CALL)
    both = replace(MUTE, options=STUBBORN.options)
    assert isinstance(step(LOST, profile=both), Wait)


def test_checks_that_fail_are_repeated_slower_and_slower() -> None:
    failed = tried(Act.CHECK, 0.1, Outcome.UNKNOWN, Reason.TIME_OUT)
    waits = [step(LOST, *[failed] * count) for count in (1, 2, 3, 6, 20)]
    assert [round(wait.seconds, 1) for wait in waits if isinstance(wait, Wait)] == [0.2, 0.9, 2.9, 59.9, 59.9]


def test_reads_are_made_three_times_at_most_and_end_definitely() -> None:
    failed = tried(Act.CALL, 10, Outcome.UNKNOWN, Reason.TIME_OUT)
    assert step(failed, failed, request=ListDepartments()) == Try(Act.CALL)
    ended = step(failed, failed, failed, request=ListDepartments())
    assert isinstance(ended, Settle)
    assert (ended.answer.outcome, ended.answer.reason) == (Outcome.REJECTED, Reason.TIME_OUT)


def test_a_busy_hospital_is_left_a_pause() -> None:
    busy = tried(Act.CALL, 0.1, Outcome.REJECTED, Reason.BUSY)
    assert isinstance(step(busy), Wait)
    assert step(replace(busy, started=NOW - timedelta(seconds=9), ended=NOW - timedelta(seconds=9))) == Try(Act.CALL)


def test_an_operation_the_hospital_lacks_ends_at_once() -> None:
    ended = step(profile=replace(PROFILE, capabilities=frozenset()))
    assert isinstance(ended, Settle)
    assert ended.answer.reason is Reason.NOT_SUPPORTED
