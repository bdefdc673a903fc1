"""One message per fact and one sending per delivery, whoever comes at once or dies; and what happens unguarded."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from hub import clock, ids
from hub.actor import system_actor
from hub.outbox.events import Delivery as Attempt
from hub.outbox.events import Temporary
from hub.outbox.relay import drain
from hub.tenancy.scope import REGION, region
from hub.tenancy.statements import Insert, Statement
from hub.work import work
from regional_services.notifications import editing, sending, steps
from regional_services.notifications.catalogue import Channel
from regional_services.notifications.channels import SENDERS
from regional_services.notifications.models import Delivery, Message
from tests.harness.parties import Parties
from tests.harness.threads import in_threads
from tests.notifications.conftest import EDITOR, FACTS, resident_with, stands

pytestmark = pytest.mark.race
AT_ONCE = 8


def _tell_at_once(account_id: UUID, about: UUID) -> list[bool]:
    def tell(_: int) -> bool:
        with work(REGION, actor=system_actor("test")) as unit:
            return steps.send(
                unit,
                kind="booking.booked",
                account_id=account_id,
                person_id=None,
                institution_code="alpha",
                about=about,
                facts=FACTS,
            )

    return in_threads(AT_ONCE, tell)


def test_many_tellers_make_one_message(alpha: str, outside: Parties) -> None:
    phone = "+8619900000071"
    account_id, about = resident_with(phone), uuid4()
    assert sum(_tell_at_once(account_id, about)) == 1
    drain()
    assert len(outside.received("sms", phone)) == 1


def test_without_the_key_they_make_many(alpha: str, outside: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: every teller takes his fact for another one."""
    shown = {"shown": "true", "about": "gen_random_uuid()"}
    monkeypatch.setattr(steps, "_STORE", Insert(Message, computed=shown, unless_exists=True))
    phone = "+8619900000072"
    account_id = resident_with(phone)
    assert sum(_tell_at_once(account_id, uuid4())) == AT_ONCE
    drain()
    assert len(outside.received("sms", phone)) == AT_ONCE


def _due_at_alipay(alpha: str, reader: str) -> UUID:
    """A delivery that is due, at the channel that recognises no repeat."""
    fields = "keyword1={institution}\nkeyword2={when}"
    values = {"template_id": "ali-notes-02", "fields": fields, "discreet_fields": fields}
    editing.publish(actor=EDITOR, kind="booking.booked", channel=Channel.ALIPAY, language="zh", values=values, base=0)
    account_id = resident_with(None, alipay=reader)
    assert any(_tell_at_once(account_id, uuid4()))
    drain(outside=False)
    with region(read_only=True):
        return UUID(str(Delivery.objects.get(message__account_id=account_id).pk))


def _attempt() -> Attempt:
    deadline = clock.now() + timedelta(minutes=1)
    return Attempt(event_id=ids.uuid7(), source=REGION, attempt=1, deadline=deadline, end_in=lambda _: None)


def _deliver_at_once(delivery_id: UUID) -> None:
    def deliver(_: int) -> None:
        try:
            sending.deliver(delivery_id, _attempt())
        except Temporary:
            return

    in_threads(AT_ONCE, deliver)


def test_many_senders_send_once(alpha: str, outside: Parties) -> None:
    reader = uuid4().hex
    _deliver_at_once(_due_at_alipay(alpha, reader))
    assert len(outside.received("alipay", reader)) == 1


def test_without_the_claim_they_send_many(alpha: str, outside: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: everybody believes that the delivery is his."""
    reader = uuid4().hex
    delivery_id = _due_at_alipay(alpha, reader)
    unguarded = sending._CLAIM.sql.replace("AND state = %(state)s AND tries = %(tries)s", "")
    assert unguarded != sending._CLAIM.sql
    monkeypatch.setattr(sending, "_CLAIM", Statement("default", unguarded))
    outside.switch("alipay", "slow", 0.5)
    _deliver_at_once(delivery_id)
    assert len(outside.received("alipay", reader)) > 1


class _Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(("before_the_call", "then"), [(True, 0), (False, 1)])
@pytest.mark.parametrize("recognises", [True, False])
def test_a_crash_between_claim_and_answer_sends_at_most_once(
    alpha: str, outside: Parties, monkeypatch: pytest.MonkeyPatch, before_the_call: bool, then: int, recognises: bool
) -> None:
    """Where the channel recognises a repeat the message arrives once for certain, elsewhere its outcome is unknown."""
    reader, phone = uuid4().hex, "+8619900000073"
    if recognises:
        account_id = resident_with(phone)
        _tell_at_once(account_id, uuid4())
        drain(outside=False)
        with region(read_only=True):
            delivery_id = UUID(str(Delivery.objects.get(message__account_id=account_id).pk))
            screen, channel = ("sms", phone), Channel.SMS
    else:
        delivery_id = _due_at_alipay(alpha, reader)
        screen, channel = ("alipay", reader), Channel.ALIPAY
        with region(read_only=True):
            account_id = Message.objects.get(deliveries=delivery_id).account_id
    before, send = len(outside.received(*screen)), SENDERS[channel].send

    def dying(parcel: object) -> object:
        if not before_the_call:
            send(parcel)  # type: ignore[arg-type]
        raise _Died

    with monkeypatch.context() as patch:
        patch.setattr(SENDERS[channel], "send", dying)
        attempt = _attempt()
        with pytest.raises(_Died):
            sending.deliver(delivery_id, attempt)
    assert stands(account_id) == {channel: "sending"}
    with pytest.raises(Temporary):
        sending.deliver(delivery_id, attempt)
    with clock.shifted(timedelta(minutes=6)):
        assert sending.sweep() == 1
        drain()
    assert stands(account_id) == {channel: "sent" if recognises else "unknown"}
    assert len(outside.received(*screen)) - before == (1 if recognises else then)
