"""Every operation of the main job, in every dialect, against the real sandbox over sockets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hub import clock
from institution_connectors.contracts import (
    BookingMode,
    Cancelled,
    CancelRegistration,
    CheckedIn,
    CheckIn,
    CheckOutcome,
    CreatePatient,
    DailyLedger,
    Departments,
    Doctors,
    FeeQuote,
    FindPatient,
    Found,
    Ledger,
    ListDepartments,
    ListDoctors,
    ListNumbers,
    ListRegistrations,
    ListStopped,
    Locked,
    LockNumber,
    Numbers,
    NumberState,
    Operation,
    Outcome,
    OutcomeChecked,
    PatientCreated,
    Patients,
    PayRegistration,
    Ping,
    Pong,
    QuoteFee,
    Reason,
    Refund,
    Registered,
    Registrations,
    Stops,
    TellVisit,
    UnlockNumber,
    VisitEventKind,
)
from tenants.scheduling.authority import NAMES_ITS_TIME
from tests.connectors.contract.conftest import His
from tests.connectors.people import hub_number, paid, somebody


def test_ping_tells_the_hospitals_clock(his: His) -> None:
    his.needs(Operation.PING)
    told = his.ask(Ping()).expect(Pong).his_time
    assert abs((told - clock.now()).total_seconds()) < 5


def test_departments_and_doctors_are_listed_whole_and_in_chinese(his: His) -> None:
    his.needs(Operation.LIST_DEPARTMENTS, Operation.LIST_DOCTORS)
    departments = his.ask(ListDepartments()).expect(Departments)
    assert len(departments.departments) == departments.total == 6
    assert {"全科医学科", "预防接种门诊"} <= {department.name for department in departments.departments}
    doctors = his.ask(ListDoctors()).expect(Doctors)
    assert doctors.total == 12
    codes = {department.code for department in departments.departments}
    assert all(set(doctor.department_codes) <= codes for doctor in doctors.doctors)


def test_sessions_and_numbers_carry_times_prices_and_states(his: His) -> None:
    schedule, number = his.free()
    assert schedule.starts.utcoffset() is not None
    assert schedule.day == clock.local(schedule.starts).date()
    assert schedule.fee_fen in {1400, 2000, 2500}
    assert number.ends - number.starts <= timedelta(minutes=30)
    assert schedule.starts <= number.starts < number.ends <= schedule.ends
    numbers = his.ask(ListNumbers(schedule_code=schedule.code)).expect(Numbers).numbers
    assert sorted(one.sequence for one in numbers) == list(range(1, len(numbers) + 1))


def test_an_archive_is_made_once_per_certificate(his: His) -> None:
    his.needs(Operation.CREATE_PATIENT)
    person = somebody(name="欧阳·𠮷三")
    first = his.ask(CreatePatient(hub_number=hub_number(), patient=person)).expect(PatientCreated)
    again = his.ask(CreatePatient(hub_number=hub_number(), patient=person)).expect(PatientCreated)
    assert again.his_patient_id == first.his_patient_id
    his.needs(Operation.FIND_PATIENT)
    asked = FindPatient(document_type=person.document_type, document_number=person.document_number)
    [found] = his.ask(asked).expect(Patients).patients
    assert (found.his_id, found.name) == (first.his_patient_id, "欧阳·𠮷三")


def test_nobody_is_found_for_an_unknown_certificate(his: His) -> None:
    his.needs(Operation.FIND_PATIENT)
    answer = his.ask(FindPatient(document_type="01", document_number="310106190001011239"))
    assert answer.reason is Reason.PATIENT_NOT_FOUND or answer.expect(Patients).patients == ()


def test_the_quote_is_the_price(his: His) -> None:
    his.needs(Operation.QUOTE_FEE)
    schedule, _ = his.free()
    young = his.ask(QuoteFee(schedule_code=schedule.code, patient=his.patient())).expect(FeeQuote)
    assert young.total_fen == schedule.fee_fen == sum(item.amount_fen for item in young.items)
    old = his.patient(somebody(born=date(1940, 1, 1)))
    quote = his.ask(QuoteFee(schedule_code=schedule.code, patient=old)).expect(FeeQuote)
    discounted = bool(his.case.his.get("senior_discount"))
    assert quote.total_fen == (schedule.fee_fen // 2 if discounted else schedule.fee_fen)


def test_a_registration_takes_the_number_and_is_known_by_ours(his: His) -> None:
    request = his.registration()
    answer = his.ask(request).expect(Registered)
    assert answer.sequence == request.sequence
    [row] = his.registrations(request.hub_number)
    assert row["number_code"] == request.number_code
    numbers = his.ask(ListNumbers(schedule_code=request.schedule_code)).expect(Numbers).numbers
    assert next(one.state for one in numbers if one.code == request.number_code) is NumberState.TAKEN


def test_an_extra_number_of_the_hub_is_entered_by_its_time_and_then_listed(his: His) -> None:
    """加号: the hospital never listed it; only dialects whose registration says when it is may be asked."""
    if his.case.dialect not in NAMES_ITS_TIME or his.case.mode is not BookingMode.HUB_POOL:
        return
    request = replace(his.registration(), number_code="", sequence=99)
    assert his.ask(request).expect(Registered).sequence == 99
    numbers = his.ask(ListNumbers(schedule_code=request.schedule_code)).expect(Numbers).numbers
    [extra] = [number for number in numbers if number.sequence == 99]
    assert (extra.starts, extra.state) == (request.starts, NumberState.TAKEN)


def test_a_taken_number_is_refused_with_its_reason(his: His) -> None:
    first = his.registration()
    his.ask(first).expect(Registered)
    second = replace(first, hub_number=hub_number(), patient=his.patient())
    if his.case.mode is BookingMode.HIS_LOCKED:
        lock = LockNumber(
            hub_number=hub_number(),
            schedule_code=first.schedule_code,
            number_code=first.number_code,
            patient=second.patient,
        )
        assert his.ask(lock).reason is Reason.NO_SOURCE
    else:
        assert his.ask(second).reason is Reason.NO_SOURCE
    assert his.registrations(second.hub_number) == []


def test_the_same_patient_is_not_booked_twice_in_a_session(his: His) -> None:
    first = his.registration()
    his.ask(first).expect(Registered)
    numbers = his.ask(ListNumbers(schedule_code=first.schedule_code)).expect(Numbers).numbers
    other = next(one for one in numbers if one.state is NumberState.FREE)
    if his.case.mode is BookingMode.HIS_LOCKED:
        answer = his.ask(
            LockNumber(
                hub_number=hub_number(),
                schedule_code=first.schedule_code,
                number_code=other.code,
                patient=first.patient,
            )
        )
    else:
        answer = his.ask(
            replace(
                first,
                hub_number=hub_number(),
                number_code=other.code,
                sequence=other.sequence,
                starts=other.starts,
            )
        )
    assert answer.reason is Reason.ALREADY_BOOKED


def test_a_wrong_price_is_refused(his: His) -> None:
    request = replace(his.registration(), fee_fen=1)
    assert his.ask(request).reason is Reason.PRICE_CHANGED


def test_a_lock_holds_until_it_is_given_back(his: His) -> None:
    his.needs(Operation.LOCK_NUMBER, Operation.UNLOCK_NUMBER)
    schedule, number = his.free()
    number_of_lock = hub_number("L")
    lock = LockNumber(
        hub_number=number_of_lock, schedule_code=schedule.code, number_code=number.code, patient=his.patient()
    )
    locked = his.ask(lock).expect(Locked)
    assert locked.number_code == number.code
    assert timedelta(minutes=25) < locked.expires_at - clock.now() < timedelta(minutes=35)
    rival = replace(lock, hub_number=hub_number("L"), patient=his.patient())
    assert his.ask(rival).reason is Reason.NO_SOURCE
    unlock = UnlockNumber(hub_number=hub_number("U"), lock_number=number_of_lock, lock_code=locked.lock_code)
    assert his.ask(unlock).outcome is Outcome.ACCEPTED
    his.ask(replace(rival, hub_number=hub_number("L"))).expect(Locked)


def test_paying_later_cancelling_and_the_signed_day_book(his: His) -> None:
    his.needs(Operation.PAY_REGISTRATION, Operation.DAILY_LEDGER)
    request = his.registration()
    known = his.ask(request).expect(Registered)
    payment = paid(request.fee_fen)
    pay = PayRegistration(
        hub_number=hub_number(),
        registration_number=request.hub_number,
        his_number=known.his_number,
        payment=payment,
    )
    assert his.ask(pay).expect(Registered).receipt_number
    refund = Refund(refund_number=hub_number("R"), order_number=payment.order_number, amount_fen=request.fee_fen)
    cancel = CancelRegistration(
        hub_number=hub_number("C"),
        registration_number=request.hub_number,
        his_number=known.his_number,
        reason="行程有变",
        refund=refund,
    )
    assert his.ask(cancel).expect(Cancelled).his_number == known.his_number
    lines = his.ask(DailyLedger(day=clock.today())).expect(Ledger).lines
    mine = [line for line in lines if line.order_number in {payment.order_number, refund.refund_number}]
    assert [line.amount_fen for line in mine] == [request.fee_fen, -request.fee_fen]  # F13
    assert mine[1].reverses


def test_a_cancelled_registration_frees_its_number_and_may_be_cancelled_again(his: His) -> None:
    request = his.registration()
    known = his.ask(request).expect(Registered)
    cancel = CancelRegistration(
        hub_number=hub_number("C"), registration_number=request.hub_number, his_number=known.his_number
    )
    his.ask(cancel).expect(Cancelled)
    his.ask(replace(cancel, hub_number=hub_number("C"))).expect(Cancelled)
    numbers = his.ask(ListNumbers(schedule_code=request.schedule_code)).expect(Numbers).numbers
    assert next(one.state for one in numbers if one.code == request.number_code) is NumberState.FREE


def test_an_unknown_registration_can_not_be_cancelled(his: His) -> None:
    cancel = CancelRegistration(
        hub_number=hub_number("C"), registration_number=hub_number(), his_number="G990101999999"
    )
    assert his.ask(cancel).reason is Reason.NOT_FOUND


def test_after_checking_in_it_is_too_late_to_cancel(his: His) -> None:
    his.needs(Operation.CHECK_IN)
    request = his.registration()
    known = his.ask(request).expect(Registered)
    here = CheckIn(hub_number=hub_number(), registration_number=request.hub_number, his_number=known.his_number)
    assert his.ask(here).expect(CheckedIn).ticket
    cancel = CancelRegistration(
        hub_number=hub_number("C"), registration_number=request.hub_number, his_number=known.his_number
    )
    assert his.ask(cancel).reason is Reason.TOO_LATE


def _step(his: His, kind: VisitEventKind) -> TellVisit:
    """A step of a visit just registered, as the hub tells it."""
    request = his.registration()
    known = his.ask(request).expect(Registered)
    return TellVisit(
        hub_number=hub_number("V"),
        registration_number=request.hub_number,
        his_number=known.his_number,
        kind=kind,
        occurred_at=clock.now(),
        ticket="007",
        place="3诊室",
    )


def test_the_hospital_hears_whom_the_hub_called(his: His) -> None:
    his.needs(Operation.TELL_VISIT)
    step = _step(his, VisitEventKind.CALLED)
    for _ in range(2):  # told again, it is heard once
        assert his.ask(step).outcome is Outcome.ACCEPTED
    [heard] = his.board.act("heard", his_number=step.his_number)["heard"]
    assert (heard["kind"], heard["ticket"], heard["place"]) == ("called", "007", "3诊室")
    assert _told(his, step) is Found.DONE
    ended = replace(step, hub_number=hub_number("V"), kind=VisitEventKind.VISIT_ENDED, ticket="", place="")
    assert his.ask(ended).outcome is Outcome.ACCEPTED
    late = replace(step, hub_number=hub_number("V"), kind=VisitEventKind.ARRIVED)
    assert his.ask(late).outcome is Outcome.ACCEPTED  # one that comes after a later one
    heard = his.board.act("heard", his_number=step.his_number)["heard"]
    assert [row["kind"] for row in heard] == ["arrived", "visit_ended", "called"]


def test_a_step_told_may_be_refused_or_its_answer_lost(his: His) -> None:
    his.needs(Operation.TELL_VISIT)
    step = _step(his, VisitEventKind.MISSED)
    stranger = replace(step, hub_number=hub_number("V"), registration_number=hub_number(), his_number="G990101999999")
    assert his.ask(stranger).reason is Reason.NOT_FOUND
    assert _told(his, stranger) is Found.ABSENT
    his.board.switch("drop_answer", times=1)
    answer = his.ask(step)
    if not answer.sent:  # a dialect that looks the registration up first lost that, and has told nothing
        assert (answer.reason, _told(his, step)) == (Reason.UNREACHABLE, Found.ABSENT)
        return
    assert answer.outcome is Outcome.UNKNOWN
    assert _told(his, step) is Found.DONE  # asked after it, it was heard
    assert [row["kind"] for row in his.board.act("heard", his_number=step.his_number)["heard"]] == ["missed"]


def _told(his: His, step: TellVisit) -> Found:
    asked = CheckOutcome(hub_number=step.hub_number, asked=Operation.TELL_VISIT)
    return his.ask(asked).expect(OutcomeChecked).found


def test_what_became_of_a_number_done_absent_undone(his: His) -> None:
    his.needs(Operation.CHECK_OUTCOME)
    request = his.registration()
    known = his.ask(request).expect(Registered)
    asked = CheckOutcome(hub_number=request.hub_number, asked=Operation.REGISTER)
    done = his.ask(asked).expect(OutcomeChecked)
    assert (done.found, done.result) == (Found.DONE, known)
    nothing = CheckOutcome(hub_number=hub_number(), asked=Operation.REGISTER)
    assert his.ask(nothing).expect(OutcomeChecked).found is Found.ABSENT
    his.ask(
        CancelRegistration(
            hub_number=hub_number("C"), registration_number=request.hub_number, his_number=known.his_number
        )
    ).expect(Cancelled)
    assert his.ask(asked).expect(OutcomeChecked).found is Found.UNDONE


def test_a_stopped_session_refuses_and_is_listed(his: His) -> None:
    schedule, number = his.free()
    request = replace(
        his.registration(),
        schedule_code=schedule.code,
        number_code=number.code,
        sequence=number.sequence,
        starts=number.starts,
    )
    his.board.act("stop_session", schedule_code=schedule.code, reason="医生外出")
    if his.case.mode is BookingMode.HUB_POOL:
        assert his.ask(request).reason is Reason.CLOSED
    his.needs(Operation.LIST_STOPPED)
    stops = his.ask(ListStopped(first_day=schedule.day, last_day=schedule.day)).expect(Stops).stops
    stopped = next(stop for stop in stops if stop.schedule_code == schedule.code)
    assert stopped.whole
    assert stopped.reason == "医生外出"


def test_registrations_of_a_day_are_listed(his: His) -> None:
    his.needs(Operation.LIST_REGISTRATIONS)
    request = his.registration()
    known = his.ask(request).expect(Registered)
    day = clock.local(request.starts).date()
    listed = his.ask(ListRegistrations(first_day=day, last_day=day)).expect(Registrations)
    mine = next(one for one in listed.registrations if one.his_number == known.his_number)
    assert mine.number_code == request.number_code
    assert mine.fee_fen == request.fee_fen
