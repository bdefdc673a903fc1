"""Every hospital is its own merchant, and a change of credentials never strands what is already paid."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from hub.actor import Actor, system_actor
from hub.outbox.relay import drain
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.payments import services, steps
from regional_services.payments.errors import ChannelUnavailable
from regional_services.payments.management.commands.onboard_demo_merchants import agree_at_sandbox
from regional_services.payments.merchants import put_in_force
from regional_services.payments.models import Attempt, MerchantAccount
from regional_services.payments.selectors import OrderView
from tests.booking.world import register_institution
from tests.harness.parties import Parties, Postbox
from tests.payments.conftest import begin, command, order_now, place_order


def test_each_hospital_has_its_own(merchant: str, beta: str) -> None:
    """Two hospitals, two merchants; the secrets stand in no row."""
    with region(read_only=True):
        rows = {row.institution_code: row for row in MerchantAccount.objects.all()}
    assert {merchant, beta} <= rows.keys()
    assert rows[merchant].mchid != rows[beta].mchid
    assert rows[merchant].private_key_ref.startswith(f"merchant.{merchant}.wechat.")


def test_refunded_under_the_credentials_it_was_paid_with(
    new_order: Callable[..., OrderView], payer: Actor, outside: Parties, postbox: Postbox, client: Client
) -> None:
    """The hospital changes its key between payment and refund; new payments use the new one."""
    outside.switch("wechat-pay", "refund_seconds", 0)
    old = new_order()
    outside.pay(begin(old, payer).prepay_id)
    letter = postbox.wait()[0]
    put_in_force(old.institution_code, agree_at_sandbox(old.institution_code), actor=system_actor("test"))
    assert letter.deliver(client) == 204
    drain()
    with work(REGION, actor=system_actor("test")) as unit:
        steps.request_refund(unit, order_id=old.id, reason="预约已取消")
    drain()
    assert order_now(old.id).state == "refunded"
    assert begin(new_order(), payer).ready
    with region(read_only=True):
        assert sorted(Attempt.objects.values_list("merchant__version", flat=True)) == [1, 2]


def test_a_hospital_without_an_account_collects_nothing(alpha: str, payer: Actor) -> None:
    """And the resident is told so, before anything is begun."""
    order = place_order(alpha, payer.id or uuid4())
    with pytest.raises(ChannelUnavailable):
        services.start_attempt(order.id, actor=payer, openid="oTestPayer01", command=command())
    assert order_now(order.id).state == "awaiting_payment"


def test_the_command_puts_credentials_in_force(merchant: str, beta: str, tmp_path: Path) -> None:
    """From a file, checked before anything is stored."""
    register_institution(beta)
    file = tmp_path / "credentials.json"
    file.write_text("{}")
    with pytest.raises(CommandError):
        call_command("merchant_account", beta, str(file))
    file.write_text(json.dumps(asdict(agree_at_sandbox(beta))))
    said = StringIO()
    call_command("merchant_account", beta, str(file), stdout=said)
    assert "/api/provider/v1/wechatpay/" in said.getvalue()
