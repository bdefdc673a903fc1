"""One fact is told once, to its account only, in the app and through one channel, with a link that leads to it."""

from __future__ import annotations

import hmac
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from hub import clock
from hub.actor import Actor, ActorKind
from hub.errors import NotFound
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.notifications import links, selectors, sending, services
from tests.harness.parties import SECRET, Parties
from tests.notifications.conftest import PHONE, body_of, messages, resident_with, stands, tell

RECEIPTS, JSON = "/api/provider/v1/sms/receipts", "application/json"


def actor(account_id: UUID) -> Actor:
    """The account, signed in."""
    return Actor(kind=ActorKind.RESIDENT, id=account_id, name="测试居民")


def test_told_in_the_app_and_by_sms_once_with_a_link(resident: UUID, outside: Parties, client: Client) -> None:
    """Although told twice; the link in the SMS leads to the message, and that asks its account to sign in."""
    about, before = uuid4(), len(outside.received("sms", PHONE))
    tell(resident, about)
    tell(resident, about)
    [message] = messages(resident)
    assert message.text == "您已预约云栖区中心医院骨科林医生，就诊时间11月21日 09:00，第7号。请按时前往。"
    assert message.page == f"/bookings/{about}"
    [sms] = outside.received("sms", PHONE)[: -before or None]
    assert sms["text"] == f"【云栖健康】{message.text} {links.short(message.id)}"
    path = f"/m/{links.code_of(message.id)}"
    assert client.get(path)["Location"] == f"/messages/{message.id}"
    assert client.get(f"/messages/{message.id}")["Location"].startswith("/signin?next=")
    assert client.get("/m/zzzzzzzzzzzzzzzzzzzzzz").status_code == 404
    assert stands(resident) == {"sms": "sent"}


def test_sensitive_places_are_not_named(resident: UUID, outside: Parties) -> None:
    """Neither on the page nor on a locked screen."""
    tell(resident, uuid4(), department="心理门诊")
    assert "心理" not in messages(resident)[0].text
    assert "心理" not in outside.received("sms", PHONE)[0]["text"]


def test_gateway_that_fails_after_sending_sends_once(resident: UUID, outside: Parties) -> None:
    """The outcome is unknown, the repeat carries the same id, and the phone rings once."""
    before = len(outside.received("sms", PHONE))
    outside.switch("sms", "error_after", times=1)
    tell(resident, uuid4())
    assert stands(resident) == {"sms": "queued"}
    with clock.shifted(timedelta(seconds=30)):
        assert sending.sweep() == 1
        drain()
    assert stands(resident) == {"sms": "sent"}
    assert len(outside.received("sms", PHONE)) == before + 1


def test_refused_unreachable_and_phoneless_end(resident: UUID, outside: Parties) -> None:
    """None is tried for ever: a refusal is final, a gateway that is down gets five tries."""
    outside.switch("sms", "refuse", times=1)
    tell(resident, uuid4())
    assert stands(resident) == {"sms": "refused"}
    other, silent = resident_with("+8619900000043"), resident_with(None)
    outside.switch("sms", "down")
    tell(other, uuid4())
    for hours in range(1, 5):
        with clock.shifted(timedelta(hours=hours)):
            sending.sweep()
            drain()
    assert stands(other) == {"sms": "failed"}
    tell(silent, uuid4())
    assert stands(silent) == {}
    assert len(messages(silent)) == 1


def test_only_the_account_itself_reads(resident: UUID, outside: Parties) -> None:
    """A stranger finds nothing and changes nothing."""
    tell(resident, uuid4(), kind="booking.pay")
    [message] = messages(resident)
    with pytest.raises(NotFound):
        services.read_message(message.id, actor=actor(uuid4()))
    with region(read_only=True):
        assert selectors.unread_count(resident) == 1
    services.read_message(message.id, actor=actor(resident))
    services.read_message(message.id, actor=actor(resident))
    with region(read_only=True):
        assert selectors.unread_count(resident) == 0


def test_receipt_needs_the_gateways_signature(resident: UUID, outside: Parties, client: Client) -> None:
    """A forged receipt is refused, a genuine one stands, one of something else is taken and left."""
    tell(resident, uuid4())
    body = body_of({"message_id": outside.received("sms", PHONE)[0]["message_id"], "result": "delivered"})
    assert client.post(RECEIPTS, body, JSON, headers={"X-Signature": "0" * 64}).status_code == 401
    drain()
    assert stands(resident) == {"sms": "sent"}
    foreign = body_of({"message_id": str(uuid4()), "result": "undelivered"})
    for sent in (foreign, body, body):
        assert client.post(RECEIPTS, sent, JSON, headers={"X-Signature": _sign(sent)}).status_code == 204
    drain()
    assert stands(resident) == {"sms": "delivered"}


def _sign(body: bytes) -> str:
    return hmac.digest(SECRET.encode(), body, "sha256").hex()
