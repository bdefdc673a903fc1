"""From an order to money: the channel's own word counts, once, however often and in whatever order it comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from hub.actor import Actor
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.payments import services
from regional_services.payments.errors import OrderNotPayable
from regional_services.payments.models import Posting
from regional_services.payments.selectors import OrderView
from tests.harness.parties import Parties, Postbox
from tests.payments.conftest import attempt_now, begin, command, later, order_now
from tests.payments.published import facts_of


def test_paid_by_notice(order: OrderView, payer: Actor, outside: Parties, postbox: Postbox, client: Client) -> None:
    """Prepay, the payer's button, the sealed notice, the order paid and posted."""
    attempt = begin(order, payer)
    assert attempt.ready
    assert outside.pay(attempt.prepay_id).status_code == 200
    [letter] = postbox.wait()
    assert letter.deliver(client) == 204
    drain()
    assert order_now(order.id).state == "paid"
    assert facts_of(order) == ["payments.order_paid"]
    with region(read_only=True):
        assert sorted(Posting.objects.values_list("account", "amount_fen")) == [("channel", 2500), ("orders", -2500)]
    call_command("verify_money")


def test_notice_twice_is_one_payment(
    order: OrderView, payer: Actor, outside: Parties, postbox: Postbox, client: Client
) -> None:
    """The same notice again is answered, and changes nothing."""
    outside.switch("wechat-pay", "duplicate_notice", times=1)
    attempt = begin(order, payer)
    outside.pay(attempt.prepay_id)
    letters = postbox.wait(2)
    assert [letter.deliver(client) for letter in [*letters, *letters]] == [204] * 4
    drain()
    assert facts_of(order) == ["payments.order_paid"]
    call_command("verify_money")


def test_notice_lost_is_found_by_asking(order: OrderView, payer: Actor, outside: Parties) -> None:
    """Without any notice the sweep's question finds the payment."""
    outside.switch("wechat-pay", "no_notice")
    attempt = begin(order, payer)
    outside.pay(attempt.prepay_id)
    later(6)
    assert order_now(order.id).state == "paid"


def test_notice_overtakes_the_prepay_answer(
    order: OrderView, payer: Actor, outside: Parties, postbox: Postbox, client: Client
) -> None:
    """The answer to the prepay is lost, the payer pays all the same: the notice alone settles the order."""
    outside.switch("wechat-pay", "drop_answer", only=("prepay",), times=1)
    attempt = begin(order, payer)
    assert attempt.state == "unknown"
    later(6)
    attempt = attempt_now(attempt.id)
    assert attempt.ready
    outside.pay(attempt.prepay_id)
    postbox.wait()[0].deliver(client)
    drain()
    assert order_now(order.id).state == "paid"


@pytest.mark.parametrize("fault", ["system_error_after", "drop_answer", "system_error", "forged_answer", "down"])
def test_unknown_prepay_is_asked_about_then_made_ready(
    fault: str, order: OrderView, payer: Actor, outside: Parties
) -> None:
    """Whatever hides the answer, one number stays one payment there."""
    outside.switch("wechat-pay", fault, only=("prepay",), times=1)
    attempt = begin(order, payer)
    assert attempt.state == "unknown"
    assert not attempt.ready
    later(6)
    assert attempt_now(attempt.id).ready


def test_refused_prepay_leaves_the_order_payable(order: OrderView, payer: Actor, outside: Parties) -> None:
    """A rejection ends the attempt, not the order: another payer can still pay."""
    refused = begin(order, payer, openid="xNotAnOpenid000")
    assert (refused.state, refused.reason) == ("failed", "PARAM_ERROR")
    assert order_now(order.id).state == "awaiting_payment"
    assert begin(order, payer).ready


def test_second_payer_pays_too_and_gets_it_back(
    order: OrderView, payer: Actor, outside: Parties, postbox: Postbox, client: Client
) -> None:
    """Two attempts are paid before either notice arrives: the second is surplus and goes back by itself."""
    first = begin(order, payer)
    second = begin(order, payer, openid="oTestPayer0000000000000000002")
    assert first.out_trade_no != second.out_trade_no
    outside.switch("wechat-pay", "refund_seconds", 0)
    outside.pay(first.prepay_id)
    outside.pay(second.prepay_id)
    for letter in postbox.wait(2):
        assert letter.deliver(client) == 204
    drain()
    assert order_now(order.id).state == "paid"
    assert facts_of(order) == ["payments.order_paid", "payments.late_payment"]
    refunds = outside.refunds(first.out_trade_no) + outside.refunds(second.out_trade_no)
    assert [refund["status"] for refund in refunds] == ["SUCCESS"]
    call_command("verify_money")


def test_wrong_amount_is_not_believed(
    order: OrderView, payer: Actor, outside: Parties, postbox: Postbox, client: Client
) -> None:
    """An authentic notice over another sum stops at a cashier; the order is neither paid nor closed over it."""
    outside.switch("wechat-pay", "wrong_amount", 100)
    attempt = begin(order, payer)
    outside.pay(attempt.prepay_id)
    postbox.wait()[0].deliver(client)
    drain()
    assert attempt_now(attempt.id).state == "disputed"
    assert order_now(order.id).state == "paying"
    assert facts_of(order) == ["payments.cashier_task_opened"]


def test_free_order_is_paid_at_once(new_order: Callable[..., OrderView]) -> None:
    """Nothing owed needs no channel."""
    free = new_order(0)
    assert free.state == "paid"
    assert facts_of(free) == ["payments.order_paid"]
    call_command("verify_money")


def test_one_order_a_booking(new_order: Callable[..., OrderView]) -> None:
    """Asked again, the first order is the answer."""
    first = new_order()
    again = new_order(9900, booking_id=first.booking_id)
    assert (again.id, again.amount_fen) == (first.id, 2500)


def test_the_same_command_gives_the_same_attempt(order: OrderView, payer: Actor) -> None:
    """A repeated request under one key begins one attempt."""
    once = command()
    first = services.start_attempt(order.id, actor=payer, openid="oTestPayer01", command=once)
    assert services.start_attempt(order.id, actor=payer, openid="oTestPayer01", command=once).id == first.id


def test_no_attempt_after_the_deadline(new_order: Callable[..., OrderView], payer: Actor) -> None:
    """A late comer is refused before the channel hears of him."""
    late = new_order(minutes=-1)
    with pytest.raises(OrderNotPayable):
        services.start_attempt(late.id, actor=payer, openid="oTestPayer01", command=command())
