"""The books: differences are found, history can't be rewritten, races settle one payment, hospitals see their own."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections
from django.test import Client

from hub.actor import Actor
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.payments import notices
from regional_services.payments.models import Attempt, Leg, Order, Posting
from regional_services.payments.selectors import OrderView
from regional_services.payments.verification import differences
from tests.harness.parties import Parties, Postbox
from tests.harness.threads import in_threads
from tests.payments.conftest import begin, order_now
from tests.payments.published import facts_of


@pytest.fixture
def paid(order: OrderView, payer: Actor, outside: Parties, postbox: Postbox, client: Client) -> OrderView:
    """A paid order."""
    outside.pay(begin(order, payer).prepay_id)
    postbox.wait()[0].deliver(client)
    drain()
    return order_now(order.id)


def test_nothing_differs_at_first(paid: OrderView) -> None:
    """And the command says so."""
    said = StringIO()
    call_command("verify_money", stdout=said)
    assert said.getvalue().strip() == "0 differences"


@pytest.mark.parametrize("harm", ["state", "leg", "amount", "lost posting", "second posting"])
def test_an_injected_difference_is_found(harm: str, paid: OrderView) -> None:
    """Whatever row lies, it is named."""
    with region():
        if harm == "state":
            Order.objects.filter(pk=paid.id).update(state="awaiting_payment")
        elif harm == "leg":
            Leg.objects.filter(order_id=paid.id).update(state="due")
        elif harm == "amount":
            Order.objects.filter(pk=paid.id).update(amount_fen=1)
        elif harm == "lost posting":
            Attempt.objects.filter(order_id=paid.id).update(paid_fen=1)
        else:
            Posting.objects.create(
                institution_code=paid.institution_code,
                entry="paid:twice",
                account="channel",
                channel="wechat",
                order_id=paid.id,
                amount_fen=1,
                posted_at=paid.created_at,
            )
    assert [difference.order_id for difference in differences()] == [paid.id]
    with pytest.raises(CommandError):
        call_command("verify_money", stdout=StringIO())


@pytest.mark.parametrize("statement", ["UPDATE payments_posting SET amount_fen = 1", "DELETE FROM payments_posting"])
def test_postings_are_only_added(statement: str, paid: OrderView) -> None:
    """The server refuses the rest, not our good manners."""
    with region(), connections["default"].cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute(statement)


def test_a_hospitals_staff_see_their_own(paid: OrderView, beta: str) -> None:
    """Row-level security, also for a query that forgot to filter."""
    with region(read_only=True, staff_of=paid.institution_code):
        assert Order.objects.count() == 1
    with region(read_only=True, staff_of=beta):
        assert (Order.objects.count(), Attempt.objects.count(), Posting.objects.count()) == (0, 0, 0)


@pytest.mark.race
def test_notices_of_two_payers_at_once_settle_one(
    order: OrderView, payer: Actor, outside: Parties, postbox: Postbox, client: Client
) -> None:
    """Both notices are acted on by two workers at the same moment: one payment counts, the other goes back."""
    attempts = [begin(order, payer, openid=f"oTestPayer000000000{number}") for number in range(2)]
    for attempt in attempts:
        outside.pay(attempt.prepay_id)
    letters = postbox.wait(2)
    with region(read_only=True):
        merchant_id = Attempt.objects.values_list("merchant_id", flat=True).first()
    assert merchant_id is not None
    in_threads(2, lambda n: notices.receive("wechat", merchant_id, letters[n].headers, letters[n].body))
    in_threads(2, lambda _: drain())
    drain()
    assert facts_of(order).count("payments.order_paid") == 1
    with region(read_only=True):
        assert sorted(Attempt.objects.values_list("settles", flat=True)) == [False, True]
    assert sum(len(outside.refunds(attempt.out_trade_no)) for attempt in attempts) == 1
    call_command("verify_money")
