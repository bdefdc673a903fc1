"""F1 to F16 of the list every connector has to survive, in every dialect, against the real sandbox over sockets."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from hub import clock
from institution_connectors.contracts import (
    BookingMode,
    CheckOutcome,
    CreatePatient,
    FindPatient,
    Found,
    ListDepartments,
    ListSchedules,
    Operation,
    Outcome,
    OutcomeChecked,
    PatientCreated,
    Patients,
    Ping,
    Pong,
    Reason,
    Registered,
)
from tests.connectors.contract.conftest import His
from tests.connectors.people import hub_number, somebody


def found(his: His, number: str) -> Found:
    """What became of a registration, by the hospital's answer."""
    his.needs(Operation.CHECK_OUTCOME)
    checked = his.ask(CheckOutcome(hub_number=number, asked=Operation.REGISTER))
    return checked.expect(OutcomeChecked).found


def test_f1_an_answer_lost_after_the_work_is_unknown_and_found_by_asking(his: His) -> None:
    request = his.registration()
    his.board.switch("drop_answer", times=1)
    answer = his.ask(request)
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.CONNECTION_LOST)
    assert found(his, request.hub_number) is Found.DONE


def test_f1_a_request_done_long_after_the_connection_broke(his: His) -> None:
    request = his.registration()
    his.board.switch("late", 600, times=1)
    assert his.ask(request).outcome is Outcome.UNKNOWN
    assert found(his, request.hub_number) is Found.ABSENT  # said too early to be final
    assert his.board.act("do_late")["done"] == 1
    assert found(his, request.hub_number) is Found.DONE


def test_f2_the_same_number_brings_the_first_answer_again(his: His) -> None:
    request = his.registration()
    first = his.ask(request)
    assert his.ask(request).result == first.result
    assert len(his.registrations(request.hub_number)) == 1


def test_f2_the_same_number_with_another_content_is_refused(his: His) -> None:
    request = his.registration()
    his.ask(request).expect(Registered)
    other = his.registration()
    answer = his.ask(replace(other, hub_number=request.hub_number))
    assert answer.reason is Reason.NUMBER_REUSED


def test_f2_a_request_delivered_twice_is_done_once(his: His) -> None:
    request = his.registration()
    his.board.switch("duplicate", times=1)
    his.ask(request).expect(Registered)
    assert len(his.registrations(request.hub_number)) == 1
    if his.case.can(Operation.PING):
        his.ask(Ping()).expect(Pong)  # a second answer left in a connection is not taken for this one


def test_f3_success_without_its_facts_is_unknown(his: His) -> None:
    request = his.registration()
    his.board.switch("empty_success", times=1)
    answer = his.ask(request)
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.INCOMPLETE)
    assert found(his, request.hub_number) is Found.DONE


def test_f4_a_reason_is_read_from_words_alone(his: His) -> None:
    request = his.registration()
    his.board.switch("text_only")
    assert his.ask(replace(request, fee_fen=1)).reason is Reason.PRICE_CHANGED
    his.board.switch("reject", "no_source", times=1)
    assert his.ask(request).reason is Reason.NO_SOURCE
    his.board.switch("reject", "设备维护中，暂停受理", times=1)
    answer = his.ask(request)
    assert (answer.reason, answer.text) == (Reason.REFUSED, "设备维护中，暂停受理")


def test_f5_bytes_that_are_not_what_they_say_are_never_patched(his: His) -> None:
    his.needs(Operation.LIST_DEPARTMENTS)
    his.board.switch("charset_lies", times=1)
    answer = his.ask(ListDepartments())
    names = [department.name for department in getattr(answer.result, "departments", ())]
    assert answer.reason is Reason.UNREADABLE or "全科医学科" in names
    assert not any("\ufffd" in name for name in names)


def test_f6_a_wrong_clock_is_measured(his: His) -> None:
    his.needs(Operation.PING)
    his.board.switch("clock_skew", -300)
    told = his.ask(Ping()).expect(Pong).his_time
    assert -305 < (told - clock.now()).total_seconds() < -295


def test_f7_silence_on_an_open_connection_is_a_time_out(his: His, brief: Callable[[], None]) -> None:
    request = his.registration()
    brief()
    his.board.switch("hang", times=1, only=["register"])
    began = time.monotonic()
    answer = his.ask(request)
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.TIME_OUT)
    assert time.monotonic() - began < 3
    assert found(his, request.hub_number) is Found.ABSENT


def test_f8_a_slow_answer_is_waited_for_up_to_the_time_out(his: His, brief: Callable[[], None]) -> None:
    request = his.registration()
    brief()
    his.board.switch("slow", 0.3, times=1)
    his.ask(request).expect(Registered)
    other = his.registration()
    his.board.switch("slow", 1.1, times=1, only=["register"])
    assert his.ask(other).reason is Reason.TIME_OUT
    time.sleep(0.7)
    assert found(his, other.hub_number) is Found.DONE


def test_f9_a_number_listed_free_may_still_be_refused(his: His) -> None:
    request = his.registration()
    his.board.switch("lock_refused")
    assert his.ask(request).reason is Reason.NO_SOURCE


def test_f10_a_lock_that_ran_out_is_refused(his: His) -> None:
    if his.case.mode is not BookingMode.HIS_LOCKED:
        pytest.skip("this hospital sells a released pool and locks nothing")
    his.board.switch("lock_seconds", 1)
    request = his.registration()
    his.board.switch("clock_skew", 10)  # the hospital's own time goes on
    assert his.ask(request).reason is Reason.LOCK_EXPIRED


def test_f11_a_list_with_rows_missing_is_not_taken_for_the_whole(his: His) -> None:
    his.board.switch("partial_list")
    answer = his.ask(ListSchedules(first_day=clock.today(), last_day=clock.today()))
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.INCOMPLETE)


def test_f12_maintenance_is_a_passing_refusal(his: His) -> None:
    request = his.registration()
    his.board.switch("maintenance")
    answer = his.ask(request)
    assert (answer.outcome, answer.reason) == (Outcome.REJECTED, Reason.BUSY)
    assert answer.reason.passing


def test_f14_a_merged_archive_is_followed(his: His) -> None:
    person = his.patient()
    other = his.board.act("duplicate_patient", patient_id=person.his_id)["patient_id"]
    his.board.act("merge_patients", kept_id=other, merged_id=person.his_id)
    request = his.registration(person)
    assert his.ask(request).expect(Registered).his_patient_id == other


def test_f15_two_archives_of_one_person_are_both_shown(his: His) -> None:
    his.needs(Operation.FIND_PATIENT)
    person = his.patient()
    other = his.board.act("duplicate_patient", patient_id=person.his_id)["patient_id"]
    asked = FindPatient(document_type=person.document_type, document_number=person.document_number)
    assert {one.his_id for one in his.ask(asked).expect(Patients).patients} == {person.his_id, other}


def test_f16_a_number_cut_off_by_the_hospital_is_noticed(his: His) -> None:
    request = his.registration()
    his.board.switch("truncate_numbers", 20)
    answer = his.ask(request)
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.INCOMPLETE)


def test_garbage_is_unreadable_and_found_by_asking(his: His) -> None:
    request = his.registration()
    his.board.switch("garbage", times=1)
    answer = his.ask(request)
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.UNREADABLE)
    assert found(his, request.hub_number) is Found.DONE


def test_a_hospital_that_is_down_certainly_got_nothing(his: His) -> None:
    request = his.registration()
    his.board.act("down")
    answer = his.ask(request)
    # a kept connection breaks in an unclear way once, a new one is refused outright
    if answer.outcome is Outcome.UNKNOWN:
        answer = his.ask(request)
    assert (answer.outcome, answer.reason, answer.sent) == (Outcome.REJECTED, Reason.UNREACHABLE, False)
    his.board.act("restart")
    time.sleep(0.6)
    his.ask(request).expect(Registered)


def test_a_hospital_that_restarted_is_spoken_to_again(his: His) -> None:
    his.ask(CreatePatient(hub_number=hub_number(), patient=somebody())).expect(PatientCreated)
    his.board.act("restart")
    time.sleep(0.6)
    answers = [his.ask(CreatePatient(hub_number=hub_number(), patient=somebody())) for _ in range(2)]
    assert answers[-1].outcome is Outcome.ACCEPTED


def test_a_hospital_restored_from_yesterday_says_absent(his: His) -> None:
    his.board.act("backup")
    request = his.registration()
    his.ask(request).expect(Registered)
    before = his.board.facts()["incarnation"]
    his.board.act("restore")
    assert found(his, request.hub_number) is Found.ABSENT
    assert his.board.facts()["incarnation"] != before
