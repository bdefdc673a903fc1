"""Money goes back once, under one number, and is back only when the channel says so."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from hub import clock
from hub.actor import Actor, ActorKind, system_actor
from hub.errors import Forbidden, NotFound
from hub.outbox.relay import drain
from hub.tenancy.context import on_host
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.payments import cashier, conversations, selectors, steps
from regional_services.payments.errors import OrderNotRefundable
from regional_services.payments.events import RefundFinished
from regional_services.payments.metrics import CHANNEL_SKEW
from regional_services.payments.models import Posting, Refund
from regional_services.payments.permissions import CLOSE_TASKS
from regional_services.payments.selectors import AttemptView, OrderView
from tests.harness.parties import Parties, Postbox
from tests.payments.conftest import begin, later, order_now
from tests.payments.published import events_of


@pytest.fixture
def paid(order: OrderView, payer: Actor, outside: Parties, postbox: Postbox, client: Client) -> AttemptView:
    """A paid attempt at the order."""
    attempt = begin(order, payer)
    outside.pay(attempt.prepay_id)
    postbox.wait()[0].deliver(client)
    drain()
    assert order_now(order.id).state == "paid"
    return attempt


def ask(order: OrderView) -> UUID:
    """The owner of the booking asks for the money back."""
    with work(REGION, actor=system_actor("test")) as unit:
        refund_id = steps.request_refund(unit, order_id=order.id, reason="预约已取消")
        unit.audit("test.refund_asked", target=f"order:{order.id}")
    return refund_id


def state_of(order: OrderView) -> str:
    """The state of the order's only refund."""
    with region(read_only=True):
        [refund] = selectors.refunds(order.id)
    return refund.state


def ends(order: OrderView) -> list[bool]:
    """How the refunds ended, as the owner of the booking was told."""
    return [fact.succeeded for fact in events_of(order) if isinstance(fact, RefundFinished)]


def test_synchronous_success_is_final(order: OrderView, paid: AttemptView, outside: Parties) -> None:
    """No notice, no further question."""
    outside.switch("wechat-pay", "refund_seconds", 0)
    first, again = ask(order), ask(order)
    drain()
    assert first == again
    assert (order_now(order.id).state, state_of(order), ends(order)) == ("refunded", "succeeded", [True])
    assert len(outside.refunds(paid.out_trade_no)) == 1
    call_command("verify_money")


def test_processing_ends_by_notice(order: OrderView, paid: AttemptView, postbox: Postbox, client: Client) -> None:
    """Acceptance is not completion."""
    ask(order)
    drain()
    assert (order_now(order.id).state, state_of(order), ends(order)) == ("refunding", "processing", [])
    [letter] = postbox.wait()
    assert letter.deliver(client) == letter.deliver(client) == 204
    drain()
    assert (order_now(order.id).state, ends(order)) == ("refunded", [True])
    call_command("verify_money")


@pytest.mark.parametrize("fault", ["system_error", "system_error_after", "drop_answer", "forged_answer", "down"])
def test_unknown_outcome_keeps_its_number(fault: str, order: OrderView, paid: AttemptView, outside: Parties) -> None:
    """Asked again under the same number, there is one refund at the channel."""
    outside.switch("wechat-pay", "no_notice")
    outside.switch("wechat-pay", "refund_seconds", 0)
    outside.switch("wechat-pay", fault, only=("refund",), times=1)
    ask(order)
    drain()
    assert (state_of(order), ends(order)) == ("unknown", [])
    later(60)
    assert (order_now(order.id).state, ends(order)) == ("refunded", [True])
    assert len(outside.refunds(paid.out_trade_no)) == 1


def test_crash_between_the_refund_and_its_record(
    order: OrderView, paid: AttemptView, outside: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The money went back, we died: the next run finds it under its number."""
    outside.switch("wechat-pay", "refund_seconds", 0)

    def die(*_: object, **__: object) -> None:
        raise SystemError("killed")

    with monkeypatch.context() as dying:
        dying.setattr("regional_services.payments.refunding.take_fact", die)
        ask(order)
        drain()
    assert state_of(order) == "asked"
    later(60)
    assert (order_now(order.id).state, ends(order)) == ("refunded", [True])
    assert len(outside.refunds(paid.out_trade_no)) == 1


@pytest.mark.parametrize(
    ("end", "state", "order_state"), [("ABNORMAL", "abnormal", "refunding"), ("CLOSED", "closed", "paid")]
)
def test_a_bad_end_goes_to_the_cashier(
    end: str, state: str, order_state: str, order: OrderView, paid: AttemptView, outside: Parties
) -> None:
    """Nothing is tried again behind a person's back."""
    outside.switch("wechat-pay", "refund_seconds", 0)
    outside.switch("wechat-pay", "refund_ends", end)
    ask(order)
    drain()
    assert (state_of(order), order_now(order.id).state, ends(order)) == (state, order_state, [False])
    with region(read_only=True):
        [task] = selectors.open_tasks(order.institution_code)
    assert task.kind == f"refund_{state}"
    call_command("verify_money")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_is_wrong_delays_a_refund_and_never_fails_it(
    minutes: int, order: OrderView, paid: AttemptView, outside: Parties, caplog: pytest.LogCaptureFixture
) -> None:
    """The channel believes no signature of a wrong time (SIGN_ERROR): it has not looked, so nothing is decided."""
    outside.switch("wechat-pay", "refund_seconds", 0)
    refund_id = ask(order)
    with clock.shifted(timedelta(minutes=minutes)):
        conversations.give_back(refund_id)
        assert (state_of(order), ends(order), order_now(order.id).state) == ("unknown", [], "refunding")
        with region(read_only=True):
            assert selectors.open_tasks(order.institution_code) == []
        assert [skew for skew in skews() if abs(skew - 60 * minutes) < 5]
    assert "clock is" in caplog.text
    with region():
        Refund.objects.update(next_check_at=clock.now())
    later(1)
    assert (order_now(order.id).state, ends(order)) == ("refunded", [True])
    assert len(outside.refunds(paid.out_trade_no)) == 1


def skews() -> list[float]:
    """How far we are ahead of each channel, by the metric, in seconds."""
    return [sample.value for family in CHANNEL_SKEW.collect() for sample in family.samples]


def test_short_balance_is_tried_again(order: OrderView, paid: AttemptView, outside: Parties) -> None:
    """The cashier is told; once there is money the same number goes through and the case closes itself."""
    outside.switch("wechat-pay", "refund_seconds", 0)
    outside.switch("wechat-pay", "not_enough", times=1)
    ask(order)
    drain()
    with region(read_only=True):
        assert [task.kind for task in selectors.open_tasks(order.institution_code)] == ["refund_refused"]
    later(60)
    assert (order_now(order.id).state, ends(order)) == ("refunded", [True])
    with region(read_only=True):
        assert selectors.open_tasks(order.institution_code) == []


def test_an_unpaid_order_has_nothing_to_give_back(order: OrderView) -> None:
    """And says so."""
    with pytest.raises(OrderNotRefundable):
        ask(order)


def cashier_of(institution: str | None, *permissions: str) -> Actor:
    """Somebody of a hospital's staff."""
    return Actor(
        kind=ActorKind.STAFF, id=uuid4(), name="收费员王", institution=institution, permissions=frozenset(permissions)
    )


def test_a_named_cashier_ends_it_over_the_desk(
    order: OrderView, paid: AttemptView, outside: Parties, beta: str
) -> None:
    """Only of the order's own hospital and with the permission; the books say that the desk gave the money."""
    outside.switch("wechat-pay", "refund_seconds", 0)
    outside.switch("wechat-pay", "refund_ends", "ABNORMAL")
    ask(order)
    drain()
    with region(read_only=True):
        [task] = selectors.open_tasks(order.institution_code)
    for stranger, refusal in (
        (cashier_of(beta, CLOSE_TASKS), NotFound),
        (cashier_of(order.institution_code), Forbidden),
    ):
        with pytest.raises(refusal):
            cashier.close_task(task.id, actor=stranger, resolution="已退现金")
    assert order_now(order.id).state == "refunding"
    own = cashier_of(order.institution_code, CLOSE_TASKS)
    with on_host(order.institution_code):
        cashier.close_task(task.id, actor=own, resolution="银行转账退回，凭证号 1123")
    assert ends(order) == [False, True]
    assert (order_now(order.id).state, state_of(order)) == ("refunded", "by_hand")
    with region(read_only=True):
        assert selectors.open_tasks(order.institution_code) == []
        assert Posting.objects.filter(account="desk").get().amount_fen == -order.amount_fen
    call_command("verify_money")
