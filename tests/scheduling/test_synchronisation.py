"""Following a HIS: idempotent, never against a booking, never longer than 30 minutes."""

from __future__ import annotations

import dataclasses
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError
from django.db.models import F

from hub import clock
from hub.tenancy.scope import hospital
from hub.work import work
from institution_connectors.catalog import selectors as connectors
from institution_connectors.contracts.results import Departments
from institution_connectors.contracts.values import Department, NumberState, Stop
from tenants.directory import services as directory
from tenants.directory.models import CodeMapping, Doctor
from tenants.directory.models import Department as DepartmentRow
from tenants.scheduling import selectors, services, slots, steps
from tenants.scheduling.authority import NAMES_ITS_TIME, authority
from tenants.scheduling.errors import NumberTaken, SlotTooLong, SoldOut
from tenants.scheduling.models import Number, Session
from tenants.scheduling.permissions import ADD_NUMBER
from tenants.scheduling.verification import differences
from tests.scheduling.builders import (
    SYNC,
    TOMORROW,
    doctors,
    numbers,
    open_hospital,
    open_session,
    schedule,
    session_id,
    snapshot,
)


def _states(code: str, session: UUID) -> dict[int, str]:
    with hospital(code, read_only=True):
        return dict(Number.objects.filter(session_id=session).values_list("sequence", "state"))


def _claim(code: str, session: UUID, *, start: datetime | None = None) -> UUID:
    holder = uuid4()
    with work(code, actor=SYNC) as unit:
        steps.claim_any(unit, session_id=session, holder=holder, start=start)
        unit.audit("test.claimed", target=f"session:{session}")
    return holder


def _release(code: str, holder: UUID) -> bool:
    with work(code, actor=SYNC) as unit:
        released = steps.release_number(unit, holder=holder)
        unit.audit("test.released", target=f"holder:{holder}")
        return released


def _confirm(code: str, holder: UUID) -> str:
    with work(code, actor=SYNC) as unit:
        number = steps.confirm_number(unit, holder=holder)
        unit.audit("test.confirmed", target=f"holder:{holder}")
        return number.his_code


def test_a_repeated_snapshot_changes_nothing(alpha: str) -> None:
    """Rows are the same rows, written once."""
    open_hospital(alpha)
    session = open_session(alpha, 4)
    with hospital(alpha, read_only=True):
        before = list(Number.objects.order_by("id").values_list("id", "changed_at"))
    assert open_session(alpha, 4) == session
    with hospital(alpha, read_only=True):
        assert list(Number.objects.order_by("id").values_list("id", "changed_at")) == before
        assert Session.objects.count() == 1


def test_synchronisation_keeps_what_is_held_or_taken(alpha: str) -> None:
    """Whatever the HIS says of a number of ours, the booking keeps it; what it sold itself is not for sale."""
    open_hospital(alpha)
    session = open_session(alpha, 4)
    held, taken = _claim(alpha, session), _claim(alpha, session)
    assert _confirm(alpha, taken) == "S1-2"
    told = numbers(4, states={1: NumberState.TAKEN, 2: NumberState.FREE, 3: NumberState.TAKEN})
    services.apply_snapshot(alpha, snapshot((schedule(),), told), actor=SYNC)
    assert _states(alpha, session) == {1: "held", 2: "taken", 3: "withdrawn", 4: "free"}
    services.apply_snapshot(alpha, snapshot((schedule(),), numbers(4)), actor=SYNC)
    assert _states(alpha, session) == {1: "held", 2: "taken", 3: "free", 4: "free"}
    with hospital(alpha, read_only=True):
        assert selectors.holders() == {held: "held", taken: "taken"}


def test_vanished_numbers_are_withdrawn_only_if_free(alpha: str) -> None:
    """A held one is kept and listed as a conflict, once; given back it does not return to the shelf."""
    open_hospital(alpha)
    session = open_session(alpha, 3)
    holder = _claim(alpha, session)
    told = numbers(3)[2:]
    for _ in range(2):
        services.apply_snapshot(alpha, snapshot((schedule(),), told), actor=SYNC)
    assert _states(alpha, session) == {1: "held", 2: "withdrawn", 3: "free"}
    with hospital(alpha, read_only=True):
        assert [conflict.kind for conflict in selectors.open_conflicts()] == ["vanished"]
    assert _release(alpha, holder)
    assert _states(alpha, session)[1] == "withdrawn"


def test_a_moved_time_of_a_held_number_is_a_conflict(alpha: str) -> None:
    """Its booking was made for the old time; free ones follow."""
    open_hospital(alpha)
    session = open_session(alpha, 2)
    _claim(alpha, session)
    later = tuple(
        dataclasses.replace(n, starts=n.starts + timedelta(hours=1), ends=n.ends + timedelta(hours=1))
        for n in numbers(2)
    )
    services.apply_snapshot(alpha, snapshot((schedule(),), later), actor=SYNC)
    with hospital(alpha, read_only=True):
        starts = dict(Number.objects.values_list("sequence", "start"))
        assert [conflict.kind for conflict in selectors.open_conflicts()] == ["moved"]
    assert (starts[1], starts[2]) == (numbers(2)[0].starts, later[1].starts)


def test_an_older_snapshot_never_undoes_a_newer_one(alpha: str) -> None:
    """Messages overtake each other."""
    open_hospital(alpha)
    session = open_session(alpha, 3)
    old = snapshot((schedule(fee_fen=1),), numbers(1), at=clock.now() - timedelta(minutes=1))
    services.apply_snapshot(alpha, old, actor=SYNC)
    assert _states(alpha, session) == {1: "free", 2: "free", 3: "free"}
    with hospital(alpha, read_only=True):
        assert Session.objects.get().fee_fen == 5000


def test_a_session_missing_from_a_complete_list_is_withdrawn_from_a_partial_one_not(alpha: str) -> None:
    """F11."""
    open_hospital(alpha)
    gone, stays = open_session(alpha, 2, his_code="S1"), open_session(alpha, 2, his_code="S2")
    services.apply_snapshot(alpha, snapshot((schedule("S2"),), numbers(2, "S2")), actor=SYNC)
    assert _states(alpha, gone) == {1: "free", 2: "free"}
    services.apply_snapshot(alpha, snapshot((schedule("S2"),), numbers(2, "S2"), complete=True), actor=SYNC)
    assert _states(alpha, gone) == {1: "withdrawn", 2: "withdrawn"}
    assert _states(alpha, stays) == {1: "free", 2: "free"}
    assert differences(alpha) == []


@pytest.mark.requirement("JA-APPT-01")
def test_longer_slots_are_split_before_anybody_sees_them(alpha: str) -> None:
    """An hour with four numbers becomes two half-hours with two each; the server refuses anything longer."""
    hour = tuple(
        dataclasses.replace(n, starts=clock.at(TOMORROW, time(9)), ends=clock.at(TOMORROW, time(10)))
        for n in numbers(4)
    )
    split = slots.within_limit(hour)
    assert [(clock.local(n.starts).strftime("%H:%M"), n.sequence) for n in split] == [
        ("09:00", 1), ("09:00", 2), ("09:30", 3), ("09:30", 4),
    ]  # fmt: skip
    open_hospital(alpha)
    services.apply_snapshot(alpha, snapshot((schedule(),), hour), actor=SYNC)
    session = session_id(alpha)
    with hospital(alpha, read_only=True):
        shown = selectors.numbers_of(session)
    assert [view.text for view in shown][1:3] == ["09:00-09:30 第2号", "09:30-10:00 第3号"]
    with pytest.raises(IntegrityError, match="number_at_most_30_minutes"), hospital(alpha):
        Number.objects.filter(session_id=session).update(end=F("start") + timedelta(minutes=31))


def test_an_extra_number_is_authorised_and_at_most_30_minutes(alpha: str) -> None:
    """加号: a permission, a reason, a row like any other, kept by later synchronisations."""
    open_hospital(alpha)
    session = open_session(alpha, 2)
    start = clock.at(TOMORROW, time(11, 45))
    doctor = dataclasses.replace(SYNC, permissions=frozenset({ADD_NUMBER}), id=uuid4())
    with pytest.raises(SlotTooLong):
        services.add_number(
            actor=doctor,
            hospital=alpha,
            session_id=session,
            start=start,
            end=start + timedelta(minutes=31),
            reason="复诊",
        )
    services.add_number(
        actor=doctor, hospital=alpha, session_id=session, start=start, end=start + timedelta(minutes=15), reason="复诊"
    )
    services.apply_snapshot(alpha, snapshot((schedule(),), numbers(2)), actor=SYNC)
    assert _states(alpha, session) == {1: "free", 2: "free", 3: "free"}
    _claim(alpha, session, start=start)
    assert _states(alpha, session)[3] == "held"


@pytest.mark.parametrize("dialect", ["rest_json", "hl7v2_mllp", "soap_xml", "fhir_r4", "exchange_db"])
def test_extra_numbers_are_given_out_only_where_the_hospital_can_be_told_when(
    alpha: str, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    """A registration that names nothing but a listed number can't say which extra one it means."""
    open_hospital(alpha)
    monkeypatch.setattr(connectors, "profile_of", lambda _code: SimpleNamespace(dialect=dialect))
    power = authority(alpha)
    assert power.extra is (dialect in NAMES_ITS_TIME)
    assert power.extra or "医院系统" in power.words


def test_a_stop_tells_the_holders_and_frees_nothing(alpha: str) -> None:
    """Whole session: free numbers stop, holders are named, and what is given back stays stopped."""
    open_hospital(alpha)
    session = open_session(alpha, 3)
    holder = _claim(alpha, session)
    stop = Stop(schedule_code="S1", day=TOMORROW, reason="医生出差")
    assert services.stop_session(alpha, stop, actor=SYNC) == (holder,)
    assert services.stop_session(alpha, stop, actor=SYNC) == ()
    assert _states(alpha, session) == {1: "held", 2: "stopped", 3: "stopped"}
    with pytest.raises(SoldOut):
        _claim(alpha, session)
    _release(alpha, holder)
    assert set(_states(alpha, session).values()) == {"stopped"}
    assert differences(alpha) == []


def test_a_partial_stop_leaves_the_early_numbers(alpha: str) -> None:
    """The doctor leaves at 08:30: only later numbers are concerned."""
    open_hospital(alpha)
    session = open_session(alpha, 4)
    early, late = _claim(alpha, session), _claim(alpha, session, start=numbers(4)[2].starts)
    stop = Stop(schedule_code="S1", day=TOMORROW, reason="临时离岗", whole=False, from_time=numbers(4)[2].starts)
    assert services.stop_session(alpha, stop, actor=SYNC) == (late,)
    assert _states(alpha, session) == {1: "held", 2: "free", 3: "held", 4: "stopped"}
    assert early != late


def test_acts_repeat_with_the_same_answer(alpha: str) -> None:
    """A retried claim, confirm or release is no second act."""
    open_hospital(alpha)
    session = open_session(alpha, 2)
    holder = uuid4()
    for _ in range(2):
        with work(alpha, actor=SYNC) as unit:
            number = steps.claim_any(unit, session_id=session, holder=holder)
            unit.audit("test.claimed", target="number")
    assert _confirm(alpha, holder) == _confirm(alpha, holder) == number.his_code
    assert [_release(alpha, holder), _release(alpha, holder)] == [True, False]
    with pytest.raises(NumberTaken), work(alpha, actor=SYNC) as unit:
        steps.claim_number(unit, number_id=uuid4(), holder=uuid4())


def test_a_number_whose_time_has_come_is_not_sold(alpha: str) -> None:
    """Neither by id nor as any."""
    open_hospital(alpha)
    session = open_session(alpha, 1)
    with clock.shifted(timedelta(days=2)), pytest.raises(SoldOut):
        _claim(alpha, session)


def test_the_check_finds_what_is_wrong(alpha: str) -> None:
    """The negative control of verify_numbers."""
    open_hospital(alpha)
    session = open_session(alpha, 2)
    assert differences(alpha) == []
    with work(alpha, actor=SYNC) as unit:
        Session.objects.filter(pk=session).update(state="stopped")
        unit.audit("test.broken", target="session")
    assert len(differences(alpha)) == 2


def test_departments_keep_their_ids_through_a_new_his(alpha: str) -> None:
    """Another generation uses other codes for new departments; the old rows and their mappings stay."""
    open_hospital(alpha)
    with hospital(alpha, read_only=True):
        before = set(DepartmentRow.objects.values_list("id", flat=True))
    renewed = Departments(departments=(Department(code="K1", name="心内科"),), total=1)
    directory.apply_departments(alpha, renewed, actor=SYNC, generation=2)
    with hospital(alpha, read_only=True):
        assert before <= set(DepartmentRow.objects.values_list("id", flat=True))
        assert CodeMapping.objects.filter(kind="department", his_code="K1").count() == 2


def test_sensitive_departments_are_labelled_and_posts_follow(alpha: str) -> None:
    """By name at first sight; a doctor with two departments has two posts and is one practitioner."""
    open_hospital(alpha, "心血管内科", "精神心理科")
    with hospital(alpha, read_only=True):
        labels = dict(DepartmentRow.objects.values_list("name", "sensitivity"))
        posts = list(Doctor.objects.filter(code="D2").values_list("practitioner_id", flat=True))
    assert labels == {"心血管内科": "", "精神心理科": "psychiatric"}
    assert len(posts) == 2
    assert len(set(posts)) == 1
    assert directory.apply_doctors(alpha, doctors(), actor=SYNC) == 0


def test_hospitals_do_not_see_each_others_numbers(alpha: str, beta: str) -> None:
    """The same codes at two hospitals are two sessions."""
    for code in (alpha, beta):
        open_hospital(code)
        open_session(code, 1)
    holder = _claim(alpha, session_id(alpha))
    with hospital(beta, read_only=True):
        assert steps.held_by(holder=holder) is None
