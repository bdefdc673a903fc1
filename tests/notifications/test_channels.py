"""Each channel's answers, from its own program: what is sent, what goes on elsewhere, and what never is."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from hub import clock
from hub.outbox.relay import drain
from regional_services.notifications import editing, links, sending
from regional_services.notifications.catalogue import Channel
from tests.harness.parties import Letter, Parties, Postbox
from tests.notifications.conftest import EDITOR, PHONE, follow, messages, resident_with, stands, tell, word_wechat

OPENID = "oTestReader00000000000000001"


@pytest.fixture
def reader(alpha: str, outside: Parties) -> UUID:
    """Somebody with WeChat and a phone; the booking's message and a convenience are worded for WeChat."""
    word_wechat("booking.booked")
    word_wechat("doctors.stopped")
    follow(outside, OPENID, follows=True)
    return resident_with(PHONE, wechat=OPENID)


def _later(**by: float) -> None:
    with clock.shifted(timedelta(**by)):
        sending.sweep()
        drain()


def test_wechat_comes_first_and_its_link_leads_to_the_booking(reader: UUID, outside: Parties) -> None:
    """One template message, no SMS; a dead token is fetched anew and the message sent once."""
    before, texts = len(outside.received("wechat", OPENID)), len(outside.received("sms", PHONE))
    tell(reader, uuid4())
    outside.switch("wechat-open", "token_dead", times=1)
    tell(reader, uuid4())
    newest, *_ = found = outside.received("wechat", OPENID)
    assert len(found) == before + 2
    assert newest["data"]["time3"] == "11月21日 09:00"
    assert newest["url"] == links.short(messages(reader)[0].id)
    assert len(outside.received("sms", PHONE)) == texts
    assert stands(reader) == {"wechat": "sent"}


_ANSWERS: list[tuple[str, object, str, dict[str, str]]] = [
    ("errcode", 43004, "booking.booked", {"wechat": "refused", "sms": "sent"}),
    ("errcode", 45009, "booking.booked", {"wechat": "refused", "sms": "sent"}),
    ("errcode", 43101, "doctors.stopped", {"wechat": "refused"}),
    ("errcode", 45011, "booking.booked", {"wechat": "queued"}),
    ("busy", True, "booking.booked", {"wechat": "queued"}),
    ("down", True, "booking.booked", {"wechat": "queued"}),
]


def test_what_wechat_refuses_goes_on_if_it_matters(reader: UUID, outside: Parties) -> None:
    """A must-have by SMS, a convenience not at all; "not now" is tried again."""
    for place, (switch, value, kind, then) in enumerate(_ANSWERS):
        other = resident_with(f"+86199000010{place:02d}", wechat=f"{OPENID}{place}")
        outside.switch("wechat-open", switch, value)
        tell(other, uuid4(), kind=kind)
        outside.calm()
        assert stands(other) == then, (switch, value)
    _later(minutes=2)
    assert stands(other) == {"wechat": "sent"}


def test_a_lost_answer_of_wechat_is_repeated_under_the_same_id(reader: UUID, outside: Parties) -> None:
    """Within the time in which the platform recognises it; the reader has one message."""
    before = len(outside.received("wechat", OPENID))
    outside.switch("wechat-open", "drop_answer", times=1)
    tell(reader, uuid4())
    assert stands(reader) == {"wechat": "queued"}
    _later(seconds=30)
    assert stands(reader) == {"wechat": "sent"}
    assert len(outside.received("wechat", OPENID)) == before + 1


def test_a_lost_answer_is_not_repeated_when_nobody_would_recognise_it(reader: UUID, outside: Parties) -> None:
    """The relay was down for an hour: the outcome stays unknown, a must-have takes one more channel."""
    before = len(outside.received("wechat", OPENID))
    outside.switch("wechat-open", "drop_answer", times=1)
    tell(reader, uuid4())
    _later(hours=1)
    assert stands(reader) == {"wechat": "unknown", "sms": "sent"}
    assert len(outside.received("wechat", OPENID)) == before + 1


def test_wechats_result_decides_in_the_end(outside: Parties, postbox: Postbox, client: Client, alpha: str) -> None:
    """Sealed and signed; a late, altered or plain push is refused, a repeated one changes nothing."""
    word_wechat("booking.booked")
    ends = {None: {"wechat": "delivered"}, "user_block": {"wechat": "undelivered", "sms": "sent"}}
    for place, (switch, then) in enumerate(ends.items()):
        reader = resident_with(f"+86199000020{place:02d}", wechat=f"{OPENID}result{place}")
        postbox.letters.clear()
        if switch:
            outside.switch("wechat-open", switch)
        tell(reader, uuid4())
        letter = _result_for(postbox, f"{OPENID}result{place}")
        forged = letter.path.replace("msg_signature=", "msg_signature=0")
        for path, body in ((forged, letter.body), (letter.path, b"<xml/>")):
            assert client.post(path, body, "text/xml").status_code == 401
        with clock.shifted(timedelta(hours=1)):
            assert client.post(letter.path, letter.body, "text/xml").status_code == 401
        for _ in range(2):
            answer = client.post(letter.path, letter.body, "text/xml")
            assert (answer.status_code, answer.content) == (200, b"success")
        drain()
        assert stands(reader) == then


def _result_for(postbox: Postbox, openid: str) -> Letter:
    """The result WeChat pushes for a reader; what it pushes for others is left."""
    end = time.monotonic() + 8
    while time.monotonic() < end:
        found = [letter for letter in postbox.letters if f"openid={openid}" in letter.path]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError("WeChat pushed no result")


def test_alipay_and_the_city_app(alpha: str, outside: Parties) -> None:
    """Signed both ways; Alipay recognises no repeat, so a lost answer is never sent twice there."""
    fields = "keyword1={institution}\nkeyword2={when}"
    values = {"template_id": "ali-notes-02", "fields": fields, "discreet_fields": fields}
    editing.publish(actor=EDITOR, kind="booking.booked", channel=Channel.ALIPAY, language="zh", values=values, base=0)
    plain, lost, forged, app = (uuid4().hex for _ in range(4))
    account = resident_with(None, alipay=plain)
    tell(account, uuid4())
    assert stands(account) == {"alipay": "sent"}
    assert outside.received("alipay", plain)[0]["text"] == "云栖区中心医院，11月21日 09:00"
    for reader, switch in ((lost, "drop_answer"), (forged, "forged_answer")):
        account = resident_with(None, alipay=reader, city_app=app + switch)
        outside.switch("alipay", switch, times=1)
        tell(account, uuid4())
        _later(minutes=5)
        assert stands(account) == {"alipay": "unknown", "app": "sent"}
        assert len(outside.received("alipay", reader)) == 1
    assert {row["title"] for row in outside.received("app", app + "drop_answer")} == {"预约成功"}
