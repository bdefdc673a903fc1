"""The booking state machine by itself: every state x input decides something sensible, as docs/FLOW.md says."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from regional_services.booking.models import Settlement, State
from regional_services.booking.process import ENDED, Decision, Effect, Input, NotAllowed, Standing, Twin, decide

FLOW = Path(__file__).resolve().parents[2] / "docs" / "FLOW.md"
MACHINE_INPUTS = [what for what in Input if what is not Input.CANCEL_ASKED]


def standings() -> list[Standing]:
    """Every standing that can come to be: all combinations of the axes that decisions depend on."""
    return [*_alone(), *_of_reschedulings()]


def _of_reschedulings() -> list[Standing]:
    """Both bookings of a rescheduling, in all states: of the price and the hospital what matters to them."""
    return [
        Standing(
            state=state,
            settlement=settlement,
            wish=wish,
            fee=fee,
            ordered=ordered,
            twin=twin,
            shared=shared,
            registered=registered,
        )
        for state, settlement, wish, fee, ordered, twin, shared, registered in itertools.product(
            State, Settlement, (None, State.CANCELLED, State.FAILED), (True, False), (True, False),
            (Twin.LEAVING, Twin.TAKING, Twin.UNDONE), (True, False), (True, False),
        )
    ]  # fmt: skip


def _alone() -> list[Standing]:
    return [
        Standing(
            state=state,
            settlement=settlement,
            wish=wish,
            fee=fee,
            pay_on_day=on_day,
            his_locked=locked,
            quoting=quoting,
            ordered=ordered,
        )
        for state, settlement, wish, fee, on_day, locked, quoting, ordered in itertools.product(
            State, Settlement, (None, State.CANCELLED, State.EXPIRED, State.STOPPED, State.FAILED), (True, False),
            (True, False), (True, False), (True, False), (True, False),
        )
    ]  # fmt: skip


@pytest.mark.parametrize("what", MACHINE_INPUTS)
def test_no_machine_input_ever_fails(what: Input) -> None:
    """Events come late, twice and out of order: none may raise, whatever the standing."""
    for standing in standings():
        decide(standing, what)


def test_ended_bookings_never_open_again_but_for_a_late_payment_of_an_expired_hold() -> None:
    for standing, what in itertools.product(standings(), MACHINE_INPUTS):
        if standing.state in ENDED:
            decision = decide(standing, what)
            if decision.state is not None:
                assert standing.state is State.EXPIRED
                assert what is Input.ORDER_PAID
                assert decision.state is State.CONFIRMING


def test_money_that_arrives_is_always_for_a_number_or_on_its_way_back() -> None:
    """No paid booking without a number or a refund (issue 2, proven again with crashes in tests/crash)."""
    for standing in standings():
        if standing.settlement is not Settlement.UNPAID:
            continue
        decision = decide(standing, Input.ORDER_PAID)
        if decision.settlement is None:
            assert standing.state in {State.NEW, State.LOCKING, State.CONFIRMING}
        elif decision.settlement is Settlement.REFUNDING:
            assert Effect.REFUND in decision.effects
        else:
            assert Effect.WANT_CONFIRM in decision.effects or standing.state is State.CANCELLING


def test_a_number_that_is_gone_ends_the_money_whichever_way_it_stands() -> None:
    for state, what in itertools.product((State.CONFIRMING, State.BOOKED), (Input.REFUSED, Input.STOPPED)):
        paid = decide(Standing(state=state, settlement=Settlement.PAID, ordered=True), what)
        assert paid.settlement is Settlement.REFUNDING
        assert Effect.REFUND in paid.effects
        assert Effect.FREE_RESERVATION in paid.effects
        owed = decide(Standing(state=state, settlement=Settlement.UNPAID, ordered=True), what)
        assert Effect.CLOSE_ORDER in owed.effects
        assert Effect.REFUND not in owed.effects


def test_a_hold_is_given_back_only_after_a_definite_answer_about_its_money() -> None:
    awaiting = Standing(state=State.AWAITING_PAYMENT, settlement=Settlement.UNPAID, ordered=True)
    for what in (Input.CANCEL_ASKED, Input.PAY_DEADLINE, Input.STOPPED):
        decision = decide(awaiting, what)
        assert Effect.WANT_RELEASE not in decision.effects
        assert Effect.CLOSE_ORDER in decision.effects
    closing = Standing(state=State.CLOSING, settlement=Settlement.UNPAID, wish=State.CANCELLED, ordered=True)
    assert Effect.WANT_RELEASE in decide(closing, Input.ORDER_CLOSED).effects


def test_the_old_number_goes_back_only_after_the_new_one_is_registered() -> None:
    """Whatever happens to either booking: the old one is asked to go by nothing but the new one's registration."""
    for standing, what in itertools.product(_of_reschedulings(), Input):
        try:
            decision = decide(standing, what)
        except NotAllowed:
            continue
        if standing.twin is Twin.LEAVING and standing.state is State.BOOKED and Effect.WANT_CANCEL in decision.effects:
            assert what is Input.NEW_REGISTERED
        if Effect.SAY_REGISTERED in decision.effects:
            assert standing.twin is Twin.TAKING
            assert standing.registered or what is Input.REGISTERED
            assert (decision.state or standing.state) is State.BOOKED


def test_money_lent_to_the_new_booking_is_never_refunded_by_both_nor_by_neither() -> None:
    for standing, what in itertools.product(_of_reschedulings(), Input):
        try:
            decision = decide(standing, what)
        except NotAllowed:
            continue
        ends = standing.state not in ENDED and decision.state in ENDED
        if standing.twin is Twin.LEAVING and ends and standing.settlement is Settlement.PAID and standing.shared:
            assert decision.settlement is Settlement.MOVED
            assert Effect.REFUND not in decision.effects
        if standing.twin is Twin.TAKING and ends:
            assert Effect.SAY_FAILED in decision.effects
            assert standing.ordered or Effect.REFUND not in decision.effects
    back = Standing(state=State.CANCELLED, settlement=Settlement.MOVED, twin=Twin.LEAVING, shared=True, ordered=True)
    assert Effect.REFUND in decide(back, Input.NEW_FAILED).effects


def test_what_is_over_cannot_be_cancelled() -> None:
    for state in (*ENDED, State.FULFILLED):
        with pytest.raises(NotAllowed):
            decide(Standing(state=state, settlement=Settlement.UNPAID), Input.CANCEL_ASKED)


def test_the_documented_table_is_the_table() -> None:
    """docs/FLOW.md lists the moves; each line must be what `decide` does, and no move may be missing."""
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| ([^|]*) \| `(\w+)` \|", FLOW.read_text(encoding="utf-8"), re.MULTILINE
    )
    documented = {(state, what): after for state, what, _, after in rows}
    found: dict[tuple[str, str], set[str]] = {}
    for standing, what in itertools.product(standings(), Input):
        try:
            decision: Decision = decide(standing, what)
        except NotAllowed:
            continue
        if decision.state is not None and decision.state is not standing.state:
            found.setdefault((standing.state.value, what.value), set()).add(decision.state.value)
    missing = {key for key in found if key not in documented}
    assert not missing, f"moves the table does not list: {sorted(missing)}"
    wrong = {key: after for key, after in documented.items() if after not in found.get(key, set())}
    assert not wrong, f"lines that the code does not do: {wrong}"
