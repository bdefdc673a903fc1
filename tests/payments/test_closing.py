"""An unpaid order closes only on the channel's own word; money that comes afterwards goes back by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from hub.actor import Actor, system_actor
from hub.outbox.relay import drain
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.notifications.selectors import messages
from regional_services.payments import services, steps
from regional_services.payments.selectors import OrderView
from tests.harness.parties import Parties, Postbox
from tests.payments.conftest import attempt_now, begin, command, later, order_now
from tests.payments.published import facts_of


def close(order: OrderView) -> OrderView:
    """The owner of the booking asks for the end."""
    with work(REGION, actor=system_actor("test")) as unit:
        return steps.request_close(unit, order_id=order.id, reason="cancelled")


def test_without_an_attempt_it_is_closed_at_once(order: OrderView) -> None:
    """Nobody can have paid. Who asks for a closed order is told so again: he may have missed it."""
    assert close(order).state == "closed"
    assert close(order).state == "closed"
    assert facts_of(order) == ["payments.order_closed"] * 2
    call_command("verify_money")


def test_closed_at_the_channel_first(order: OrderView, payer: Actor, outside: Parties) -> None:
    """Between the wish and the channel's word the order is closing, and the payer is refused there afterwards."""
    attempt = begin(order, payer)
    assert close(order).state == "closing"
    drain()
    assert order_now(order.id).state == "closed"
    assert facts_of(order) == ["payments.order_closed"]
    assert outside.pay(attempt.prepay_id).status_code == 400
    call_command("verify_money")


def test_paid_while_closing_is_paid(order: OrderView, payer: Actor, outside: Parties) -> None:
    """The payer was faster than the close: the query after it says so."""
    outside.switch("wechat-pay", "no_notice")
    attempt = begin(order, payer)
    outside.pay(attempt.prepay_id)
    close(order)
    drain()
    assert order_now(order.id).state == "paid"
    assert facts_of(order) == ["payments.order_paid"]
    call_command("verify_money")


@pytest.mark.parametrize("operation", ["close", "query"])
@pytest.mark.parametrize("fault", ["down", "system_error", "forged_answer", "drop_answer"])
def test_no_answer_keeps_it_closing(
    fault: str, operation: str, order: OrderView, payer: Actor, outside: Parties
) -> None:
    """While the channel says nothing definite, nobody is told that the order is closed."""
    begin(order, payer)
    outside.switch("wechat-pay", fault, only=(operation,))
    close(order)
    drain()
    settled = operation == "close" and fault in {"forged_answer", "drop_answer"}
    assert (order_now(order.id).state, facts_of(order)) == (
        ("closed", ["payments.order_closed"]) if settled else ("closing", [])
    )
    outside.calm()
    later(40)
    assert order_now(order.id).state == "closed"
    assert facts_of(order) == ["payments.order_closed"]


def test_closed_before_the_channel_ever_heard_of_it(order: OrderView, payer: Actor, outside: Parties) -> None:
    """An attempt whose prepay never arrived is closed as unknown there."""
    outside.switch("wechat-pay", "down", only=("prepay",))
    begin(order, payer)
    close(order)
    drain()
    assert order_now(order.id).state == "closed"


def test_the_deadline_closes_it(new_order: Callable[..., OrderView], payer: Actor) -> None:
    """The sweep asks for the end by itself."""
    order = new_order(minutes=2)
    begin(order, payer)
    later(150)
    assert order_now(order.id).state == "closed"
    assert facts_of(order) == ["payments.order_closed"]


def test_money_after_the_end_goes_back(
    order: OrderView, payer: Actor, outside: Parties, postbox: Postbox, client: Client
) -> None:
    """A channel that takes money for a closed number: recorded, announced, refunded; the order stays closed."""
    outside.switch("wechat-pay", "pay_after_close")
    outside.switch("wechat-pay", "refund_seconds", 0)
    attempt = begin(order, payer)
    close(order)
    drain()
    assert outside.pay(attempt.prepay_id).status_code == 200
    postbox.wait()[0].deliver(client)
    drain()
    assert order_now(order.id).state == "closed"
    assert facts_of(order) == ["payments.order_closed", "payments.late_payment"]
    assert [refund["status"] for refund in outside.refunds(attempt.out_trade_no)] == ["SUCCESS"]
    with region(read_only=True):
        assert [message.kind for message in messages(order.payer_account_id)] == ["payments.returned"]
    call_command("verify_money")


def test_crash_between_the_prepay_and_its_record(
    order: OrderView, payer: Actor, outside: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after the channel answered: the next run asks about the number before it asks for anything."""
    with monkeypatch.context() as dying:
        dying.setattr("regional_services.payments.settlement.take_prepared", _die)
        attempt = services.start_attempt(order.id, actor=payer, openid="oTestPayer01", command=command())
        drain()
    assert attempt_now(attempt.id).state == "created"
    asked = outside.facts("wechat-pay")["calls"].get("query", 0)
    later(40)
    assert attempt_now(attempt.id).ready
    assert outside.facts("wechat-pay")["calls"]["query"] > asked


def test_crash_between_the_close_and_its_record(
    order: OrderView, payer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The channel closed it, we died: the order is closing until somebody asks again."""
    begin(order, payer)
    with monkeypatch.context() as dying:
        dying.setattr("regional_services.payments.settlement.take_trade", _die)
        close(order)
        drain()
    assert order_now(order.id).state == "closing"
    later(40)
    assert order_now(order.id).state == "closed"
    assert facts_of(order) == ["payments.order_closed"]


def _die(*_: object, **__: object) -> None:
    raise SystemError("killed")
