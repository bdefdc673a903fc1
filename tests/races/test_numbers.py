"""No number is sold twice and none is lost, however many claim at once; and the race is there when the guard is off."""

from __future__ import annotations

from collections import Counter
from functools import partial
from uuid import UUID, uuid4

import pytest

from hub.actor import system_actor
from hub.tenancy.scope import hospital
from hub.work import work
from tenants.scheduling import steps
from tenants.scheduling.errors import NumberBusy, NumberTaken
from tenants.scheduling.models import Number, NumberState
from tenants.scheduling.verification import differences
from tests.harness.threads import in_threads
from tests.races.stops import stop_while_claiming
from tests.scheduling.builders import open_hospital, open_session

RESIDENT = system_actor("抢号")
THREADS = 20

pytestmark = pytest.mark.race


def _number_ids(code: str, session: UUID) -> list[UUID]:
    with hospital(code, read_only=True):
        return list(Number.objects.filter(session_id=session).order_by("sequence").values_list("id", flat=True))


def _claim_one(code: str, number: UUID) -> bool:
    try:
        with work(code, actor=RESIDENT) as unit:
            steps.claim_number(unit, number_id=number, holder=uuid4())
            unit.audit("test.claimed", target=f"number:{number}")
    except NumberTaken:
        return False
    return True


def test_one_number_and_200_claimers_give_one_holder(alpha: str) -> None:
    """Of 200 claims, 20 at any moment, exactly one succeeds."""
    open_hospital(alpha)
    [number] = _number_ids(alpha, open_session(alpha, 1))
    won = in_threads(THREADS, lambda _: [_claim_one(alpha, number) for _ in range(200 // THREADS)])
    assert sum(map(sum, won)) == 1
    assert differences(alpha) == []


def _claim_without_guard(code: str, number: UUID, _thread: int) -> bool:
    """What a shop without the guard does: look, then take."""
    with work(code, actor=RESIDENT) as unit:
        row = Number.objects.get(pk=number)
        if row.state != NumberState.FREE:
            return False
        Number.objects.filter(pk=number).update(state=NumberState.HELD, holder=uuid4())
        unit.audit("test.claimed", target=f"number:{number}")
    return True


def test_without_the_guard_the_same_number_is_sold_more_than_once(alpha: str) -> None:
    """The negative control: the harness does find an oversell."""
    open_hospital(alpha)
    for number in _number_ids(alpha, open_session(alpha, 12)):
        if sum(in_threads(THREADS, partial(_claim_without_guard, alpha, number))) > 1:
            return
    pytest.fail("the race never showed: the tests beside prove nothing")


def test_100_numbers_and_2000_claimers_give_exactly_100_each_once(alpha: str) -> None:
    """2,000 claims of 'any number of this session': 100 succeed, with 100 different numbers."""
    open_hospital(alpha)
    session = open_session(alpha, 100)

    def claim(_: int) -> list[UUID]:
        mine = []
        for _attempt in range(2000 // THREADS):
            holder = uuid4()
            try:
                with work(alpha, actor=RESIDENT) as unit:
                    number = steps.claim_any(unit, session_id=session, holder=holder)
                    unit.audit("test.claimed", target=f"number:{number.number_id}")
            except (NumberTaken, NumberBusy):
                continue
            mine.append(number.number_id)
        return mine

    sold = Counter(number for mine in in_threads(THREADS, claim) for number in mine)
    assert len(sold) == 100
    assert set(sold.values()) == {1}
    with hospital(alpha, read_only=True):
        assert Number.objects.filter(state=NumberState.HELD).values("holder").distinct().count() == 100


def test_claims_releases_and_a_stop_at_once_leave_nothing_free_in_a_stopped_session(alpha: str) -> None:
    """Whoever passes whom, a stopped session ends without a free number, and every holder is told."""
    left_free, told, holding = stop_while_claiming(alpha)
    assert left_free == 0
    assert holding <= told
