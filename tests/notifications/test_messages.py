"""One fact is told once, to its account only, by SMS where the wording says so."""

from __future__ import annotations

import hmac
import json
from uuid import UUID, uuid4

import httpx
import pytest
from django.test import Client

from hub.actor import Actor, ActorKind, system_actor
from hub.errors import NotFound
from hub.outbox.relay import drain
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.notifications import selectors, services, steps
from regional_services.notifications.selectors import MessageView
from tests.harness.parties import SECRET, Parties
from tests.notifications.conftest import PHONE, resident_with

FACTS = {
    "institution": "云栖区中心医院",
    "department": "骨科",
    "doctor": "林医生",
    "when": "11月21日 09:00",
    "sequence": "7",
}


def tell(account_id: UUID, about: UUID, template: str = "booking.booked", **facts: str) -> None:
    """Send a message in a unit of work of its own, and let the relay run."""
    with work(REGION, actor=system_actor("test")) as unit:
        steps.send(
            unit,
            template=template,
            account_id=account_id,
            person_id=uuid4(),
            institution_code="alpha",
            about=about,
            facts={**FACTS, **facts},
        )
    drain()


def messages(account_id: UUID) -> list[MessageView]:
    """What the account sees."""
    with region(read_only=True):
        return selectors.messages(account_id)


def phone_screen(outside: Parties) -> list[str]:
    """The texts a phone received."""
    answer = httpx.get(f"{outside.urls['sms']}/control/sms", params={"to": PHONE})
    return [message["text"] for message in answer.json()["messages"]]


def actor(account_id: UUID) -> Actor:
    """The account, signed in."""
    return Actor(kind=ActorKind.RESIDENT, id=account_id, name="测试居民")


def test_told_in_the_app_and_by_sms(resident: UUID, outside: Parties) -> None:
    """The booking's message, once, although told twice."""
    about, before = uuid4(), len(phone_screen(outside))
    tell(resident, about)
    tell(resident, about)
    [message] = messages(resident)
    assert message.text == "您已预约云栖区中心医院骨科林医生，就诊时间11月21日 09:00，第7号。请按时前往。"
    assert message.sms == "sent"
    assert phone_screen(outside)[: -before or None] == ["【云栖健康】" + message.text]


def test_sensitive_places_are_not_named(resident: UUID, outside: Parties) -> None:
    """Neither on the page nor on a locked screen."""
    tell(resident, uuid4(), department="心理门诊")
    [message] = messages(resident)
    assert "心理" not in message.text
    assert "心理" not in phone_screen(outside)[0]


def test_gateway_that_fails_after_sending_sends_once(resident: UUID, outside: Parties) -> None:
    """The repeat carries the same id."""
    before = len(phone_screen(outside))
    outside.switch("sms", "error_after", times=1)
    tell(resident, uuid4())
    assert messages(resident)[0].sms == "queued"
    assert len(phone_screen(outside)) == before + 1


def test_refused_and_phoneless_end(resident: UUID, outside: Parties) -> None:
    """Neither is tried for ever."""
    outside.switch("sms", "refuse", times=1)
    tell(resident, uuid4())
    assert messages(resident)[0].sms == "refused"
    silent = resident_with(None)
    tell(silent, uuid4())
    assert messages(silent)[0].sms == "no_phone"


def test_only_the_account_itself_reads(resident: UUID, outside: Parties) -> None:
    """A stranger finds nothing and changes nothing."""
    tell(resident, uuid4(), template="booking.pay")
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
    """A forged receipt is refused, a genuine one stands."""
    tell(resident, uuid4())
    [message] = messages(resident)
    body = json.dumps({"message_id": str(message.id), "result": "delivered"}).encode()
    address, kind = "/api/provider/v1/sms/receipts", "application/json"
    assert client.post(address, body, kind, headers={"X-Signature": "0" * 64}).status_code == 401
    assert messages(resident)[0].sms == "sent"
    signed = {"X-Signature": _sign(body)}
    assert client.post(address, body, kind, headers=signed).status_code == 204
    assert messages(resident)[0].sms == "delivered"


def _sign(body: bytes) -> str:
    return hmac.digest(SECRET.encode(), body, "sha256").hex()
