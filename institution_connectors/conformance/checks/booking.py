"""Numbers: quoted, locked, registered, repeated, raced for, cancelled. Each check gives back what it took."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.utils.translation import gettext

from hub import clock
from institution_connectors.conformance.checks.basics import accepted, refused
from institution_connectors.conformance.talk import Failed, NotApplicable, Talk, number, patient, soon
from institution_connectors.contracts import (
    Answer,
    BookingMode,
    Cancelled,
    CancelRegistration,
    CheckOutcome,
    CreatePatient,
    FeeQuote,
    Found,
    ListNumbers,
    ListRegistrations,
    ListSchedules,
    Locked,
    LockNumber,
    Number,
    Numbers,
    NumberState,
    Operation,
    Outcome,
    OutcomeChecked,
    Patient,
    PatientCreated,
    QuoteFee,
    Register,
    Registered,
    Registrations,
    Schedule,
    Schedules,
    UnlockNumber,
)

RIVALS = 10
LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A free number of a session."""

    schedule: Schedule
    number: Number


def quote_adds_up(talk: Talk) -> str:
    """The price of a session for one person."""
    schedule = _sessions(talk)[-1]
    asked = QuoteFee(schedule_code=schedule.code, patient=_archived(talk, patient()))
    quote = accepted(talk.ask(asked), FeeQuote, "试算")
    if quote.items and sum(item.amount_fen for item in quote.items) != quote.total_fen:
        raise Failed(gettext("总额 %(total_fen)s 分不等于明细之和") % {"total_fen": quote.total_fen})
    return f"{quote.total_fen / 100:.2f} 元"


def lock_holds(talk: Talk) -> str:
    """A number is locked, refused to another, unlocked and locked again."""
    place = _free(talk)
    first, rival = number("L"), number("L")
    wish = LockNumber(
        hub_number=first,
        schedule_code=place.schedule.code,
        number_code=place.number.code,
        patient=_archived(talk, patient()),
    )
    held = accepted(talk.ask(wish), Locked, "锁号")
    other = replace(wish, hub_number=rival, patient=_archived(talk, patient()))
    try:
        refused(talk.ask(other), "别人再锁同一个号")
    finally:
        unlocked = talk.ask(UnlockNumber(hub_number=number("U"), lock_number=first, lock_code=held.lock_code))
    if unlocked.outcome is not Outcome.ACCEPTED:
        raise Failed(gettext("释放锁号：%(text)s") % {"text": unlocked.reason.text})
    again = replace(other, hub_number=number("L"))
    lock = accepted(talk.ask(again), Locked, "释放后再锁")
    talk.ask(UnlockNumber(hub_number=number("U"), lock_number=again.hub_number, lock_code=lock.lock_code))
    return f"锁到 {clock.local(held.expires_at):%H:%M}"


def registration_comes_and_goes(talk: Talk) -> str:
    """Registered, seen as taken, cancelled, seen as free, cancelled again."""
    with registered(talk) as (wish, known, place):
        if _state(talk, place) is not NumberState.TAKEN:
            raise Failed("登记后号源不是“已约”")
    if _state(talk, place) is not NumberState.FREE:
        raise Failed("退号后号源没有放回")
    again = CancelRegistration(hub_number=number("C"), registration_number=wish.hub_number, reason="对接验收")
    accepted(talk.ask(again), Cancelled, "只凭平台流水号再次退号")
    return f"医院单号 {known.his_number}"


def repeat_is_one(talk: Talk) -> str:
    """The same request twice, then the same number with other contents."""
    with registered(talk) as (wish, known, _place):
        twice = accepted(talk.ask(wish), Registered, "同一流水号再发")
        if twice.his_number != known.his_number:
            raise Failed(
                gettext("两次应答不同：%(his_number)s、%(his_number_3)s")
                % {"his_number": known.his_number, "his_number_3": twice.his_number}
            )
        refused(talk.ask(replace(wish, patient=_archived(talk, patient()))), "同一流水号换一个患者")
    return "一笔"


def outcome_is_known(talk: Talk) -> str:
    """What became of a request that was carried out, and of one that never came."""
    with registered(talk) as (wish, known, _place):
        asked = CheckOutcome(hub_number=wish.hub_number, asked=Operation.REGISTER)
        found = accepted(talk.ask(asked), OutcomeChecked, "核对已办的请求")
        if found.found is not Found.DONE:
            raise Failed(gettext("已办的请求答 %(found)s，应为 done") % {"found": found.found})
        original = found.result
        if not isinstance(original, Registered) or original.his_number != known.his_number:
            raise Failed("核对的结果与原应答不同")
    nothing = CheckOutcome(hub_number=number("R"), asked=Operation.REGISTER)
    absent = accepted(talk.ask(nothing), OutcomeChecked, "核对没收到的请求")
    if absent.found is not Found.ABSENT:
        raise Failed(gettext("没收到的请求答 %(found)s，应为 absent") % {"found": absent.found})
    return gettext("办过的答已办，没收到的答不存在")


def race_has_one_winner(talk: Talk) -> str:
    """Rivals for one number at the same instant."""
    place = _free(talk)
    people = [_archived(talk, patient()) for _ in range(RIVALS)]
    locks = talk.profile.mode is BookingMode.HIS_LOCKED
    with ThreadPoolExecutor(RIVALS) as pool:
        asks = [_lock(place, who) if locks else _wish(place, who) for who in people]
        answers = list(pool.map(talk.ask, asks))
    won = [(ask, answer) for ask, answer in zip(asks, answers, strict=True) if answer.outcome is Outcome.ACCEPTED]
    for ask, answer in won:
        if isinstance(ask, LockNumber):
            code = answer.expect(Locked).lock_code
            talk.ask(UnlockNumber(hub_number=number("U"), lock_number=ask.hub_number, lock_code=code))
        else:
            _cancel(talk, ask.hub_number, "")
    unsure = sum(answer.outcome is Outcome.UNKNOWN for answer in answers)
    if len(won) != 1 or unsure:
        raise Failed(
            gettext("%(len)s 个成功、%(unsure)s 个没有明确答复，应恰好一个成功、其余拒绝")
            % {"len": len(won), "unsure": unsure}
        )
    return f"1 个成功，{RIVALS - 1} 个被拒"


def wrong_price_is_refused(talk: Talk) -> str:
    """A price that is not the hospital's."""
    place = _free(talk)
    with _locked(talk, place, _archived(talk, patient())) as wish:
        wrong = replace(wish, fee_fen=wish.fee_fen + 1)
        answer = talk.ask(wrong)
        if answer.outcome is Outcome.ACCEPTED:
            _cancel(talk, wrong.hub_number, answer.expect(Registered).his_number)
        refused(answer, "金额多一分的登记")
    return f"已拒绝：{answer.reason.text}"


def registration_is_listed(talk: Talk) -> str:
    """A registration is found under our number."""
    with registered(talk) as (wish, _known, place):
        day = place.schedule.day
        listed = accepted(talk.ask(ListRegistrations(first_day=day, last_day=day)), Registrations, "挂号记录")
        mine = [row for row in listed.registrations if row.hub_number == wish.hub_number]
        if not mine:
            raise Failed(gettext("列表里没有流水号 %(hub_number)s，或被截短") % {"hub_number": wish.hub_number})
    return f"{day} 共 {listed.total} 笔"


# -- parts


def _sessions(talk: Talk) -> list[Schedule]:
    if not talk.may_write:
        raise NotApplicable("医院已开通且没有保留科室，不在真实号上验收")
    first, last = soon()
    wanted = talk.profile.options.reserved_department
    asked = ListSchedules(first_day=first, last_day=last, department_code=wanted)
    rows = accepted(talk.ask(asked), Schedules, "排班").schedules
    found = sorted((row for row in rows if row.department_code == wanted or not wanted), key=lambda row: row.starts)
    if not found:
        raise Failed(
            "没有可用于验收的排班" + (gettext("（保留科室 %(wanted)s）") % {"wanted": wanted} if wanted else "")
        )
    return found


def _free(talk: Talk) -> Place:
    for schedule in reversed(_sessions(talk)[-LOOKED_AT:]):
        numbers = accepted(talk.ask(ListNumbers(schedule_code=schedule.code)), Numbers, "号源").numbers
        free = [row for row in numbers if row.state is NumberState.FREE]
        if free:
            return Place(schedule, free[-1])
    raise Failed("没有空号可用于验收")


def _state(talk: Talk, place: Place) -> NumberState:
    numbers = accepted(talk.ask(ListNumbers(schedule_code=place.schedule.code)), Numbers, "号源").numbers
    found = next((row.state for row in numbers if row.code == place.number.code), None)
    if found is None:
        raise Failed(gettext("号 %(code)s 从号源列表里消失") % {"code": place.number.code})
    return found


def _archived(talk: Talk, person: Patient) -> Patient:
    if Operation.CREATE_PATIENT not in talk.profile.capabilities:
        return person
    made = accepted(talk.ask(CreatePatient(hub_number=number("P"), patient=person)), PatientCreated, "建档")
    return replace(person, his_id=made.his_patient_id)


def _wish(place: Place, person: Patient, *, lock_number: str = "", lock_code: str = "") -> Register:
    return Register(
        hub_number=number("R"),
        schedule_code=place.schedule.code,
        number_code=place.number.code,
        sequence=place.number.sequence,
        starts=place.number.starts,
        patient=person,
        fee_fen=place.schedule.fee_fen,
        lock_number=lock_number,
        lock_code=lock_code,
    )


def _lock(place: Place, person: Patient) -> LockNumber:
    return LockNumber(
        hub_number=number("L"),
        schedule_code=place.schedule.code,
        number_code=place.number.code,
        patient=person,
    )


@contextmanager
def _locked(talk: Talk, place: Place, person: Patient) -> Iterator[Register]:
    """What may be registered: where the HIS owns its numbers, under a lock that is given back."""
    if talk.profile.mode is not BookingMode.HIS_LOCKED:
        yield _wish(place, person)
        return
    lock = _lock(place, person)
    held = accepted(talk.ask(lock), Locked, "锁号")
    try:
        yield _wish(place, person, lock_number=lock.hub_number, lock_code=held.lock_code)
    finally:
        talk.ask(UnlockNumber(hub_number=number("U"), lock_number=lock.hub_number, lock_code=held.lock_code))


@contextmanager
def registered(talk: Talk) -> Iterator[tuple[Register, Registered, Place]]:
    """A registration that stands while it is looked at, and is cancelled whatever comes of that."""
    place = _free(talk)
    with _locked(talk, place, _archived(talk, patient())) as wish:
        known = accepted(talk.ask(wish), Registered, "登记")
        try:
            yield wish, known, place
        finally:
            answer = _cancel(talk, wish.hub_number, known.his_number)
    accepted(answer, Cancelled, "退号")


def _cancel(talk: Talk, registration: str, his_number: str) -> Answer:
    return talk.ask(
        CancelRegistration(
            hub_number=number("C"), registration_number=registration, his_number=his_number, reason="对接验收"
        )
    )
