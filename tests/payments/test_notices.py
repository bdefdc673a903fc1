"""A notice is believed for its signature, its age and its merchant, or it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from hub import clock
from hub.actor import Actor
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.payments.models import ChannelNotification, MerchantAccount
from regional_services.payments.selectors import OrderView
from tests.harness.parties import Letter, Parties, Postbox
from tests.payments.conftest import begin, order_now
from tests.payments.published import facts_of


@pytest.fixture
def letter(order: OrderView, payer: Actor, outside: Parties, postbox: Postbox) -> Letter:
    """A genuine notice of a payment, not yet delivered."""
    outside.pay(begin(order, payer).prepay_id)
    return postbox.wait()[0]


def with_header(letter: Letter, name: str, value: str) -> Letter:
    """The notice with one header changed."""
    return replace(letter, headers={**letter.headers, name: value})


def stored() -> int:
    """How many notices were kept."""
    with region(read_only=True):
        return ChannelNotification.objects.count()


@pytest.mark.control("CES1-25/37")
@pytest.mark.parametrize("forgery", ["body", "timestamp", "serial", "nonce", "probe", "unsigned"])
def test_a_forged_notice_is_refused(forgery: str, letter: Letter, order: OrderView, client: Client) -> None:
    """401, nothing stored, nothing paid; the genuine one afterwards still counts."""
    forged = {
        "body": replace(letter, body=letter.body.replace(b"SUCCESS", b"success")),
        "timestamp": with_header(letter, "Wechatpay-Timestamp", "1700000000"),
        "serial": with_header(letter, "Wechatpay-Serial", "PUB_KEY_ID_0"),
        "nonce": with_header(letter, "Wechatpay-Nonce", "0"),
        "probe": with_header(letter, "Wechatpay-Signature", "WECHATPAY/SIGNTEST/" + "A" * 300),
        "unsigned": replace(letter, headers={}),
    }[forgery]
    assert forged.deliver(client) == 401
    drain()
    assert (stored(), order_now(order.id).state) == (0, "paying")
    assert letter.deliver(client) == 204
    drain()
    assert order_now(order.id).state == "paid"


@pytest.mark.control("CES1-25/37")
def test_a_stale_notice_is_refused(letter: Letter, client: Client) -> None:
    """Rightly signed, but ten minutes old: a replay."""
    with clock.shifted(timedelta(minutes=10)):
        assert letter.deliver(client) == 401
    assert stored() == 0


def test_a_notice_at_another_merchants_address_changes_nothing(
    letter: Letter, order: OrderView, beta: str, client: Client
) -> None:
    """The platform's signature is the same for all merchants; the resource opens only with the right one's key."""
    with region(read_only=True):
        other = MerchantAccount.objects.get(institution_code=beta)
    stray = replace(letter, path=f"/api/provider/v1/wechatpay/{other.id}/notify")
    assert stray.deliver(client) == 204
    drain()
    with region(read_only=True):
        assert ChannelNotification.objects.get().state == "refused"
    assert order_now(order.id).state == "paying"
    assert facts_of(order) == []


def test_an_unknown_address_is_not_found(letter: Letter, order: OrderView, client: Client) -> None:
    """No merchant, no notice."""
    assert replace(letter, path=f"/api/provider/v1/wechatpay/{order.id}/notify").deliver(client) == 404


def test_at_the_address_of_another_channels_merchant_there_is_nobody(letter: Letter, client: Client) -> None:
    """Not "unavailable, try again": the platform would knock for a day."""
    with region():
        MerchantAccount.objects.filter(id=letter.path.split("/")[-2]).update(channel="other")
    assert letter.deliver(client) == 404
    assert stored() == 0


@pytest.mark.control("CES1-28/40")
def test_it_is_stored_encrypted(letter: Letter, client: Client) -> None:
    """The column holds no readable word of it."""
    letter.deliver(client)
    with region(read_only=True):
        row = ChannelNotification.objects.extra(select={"sealed": "body"}).values("sealed").get()
    assert b"TRANSACTION" not in bytes(row["sealed"])
