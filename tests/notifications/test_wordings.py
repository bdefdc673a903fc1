"""Staff word messages: checked, published, taken back; what was said stays as it was said."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID, uuid4

import pytest

from hub import clock
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, InvalidInput, NotFound
from hub.outbox.relay import drain
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from regional_services.notifications import editing, preferences, quiet, resending, sending
from regional_services.notifications.catalogue import KINDS, Audience, Channel, Language, examples_of
from regional_services.notifications.editing import PublishedMeanwhile
from regional_services.notifications.preferences import MustHave
from regional_services.notifications.routing import not_before
from regional_services.notifications.wording import fill, house_wording, read
from tests.harness.parties import Parties
from tests.notifications.conftest import EDITOR, PHONE, messages, resident_with, stands, tell

MANAGER = replace(EDITOR, institution="alpha", permissions=permissions_of([Role.HOSPITAL_MANAGER]))
WORDS = {
    "title": "预约成功",
    "text": "请带{institution}的医保卡，{when}到{department}。",
    "discreet": "预约成功，{when}。",
}


def publish(actor: Actor, base: int, kind: str = "booking.booked", **changed: str) -> int:
    """Publish words for the app."""
    values = WORDS | changed
    return editing.publish(actor=actor, kind=kind, channel=Channel.IN_SITE, language="zh", values=values, base=base)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("text", "请带{cards}", "{cards}"),
        ("text", "{institution.__class__}", "{institution.__class__}"),
        ("text", "{fee:>900}", "{fee}"),
        ("text", "{institution", "大括号"),
        ("text", "", "请填写"),
        ("discreet", "请到{department}", "透露"),
        ("title", "{doctor}的预约", "透露"),
    ],
)
def test_unknown_variables_and_slips_are_refused_with_the_field_named(field: str, text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        publish(EDITOR, 0, **{field: text})
    assert list(refusal.value.fields) == [field]
    assert said in refusal.value.fields[field]


def test_published_words_are_said_from_then_on_and_can_be_taken_back(resident: UUID, outside: Parties) -> None:
    """A hospital's own stand before the district's; strangers and unknown versions are refused."""
    tell(resident, uuid4())
    assert publish(EDITOR, 0) == 1
    tell(resident, uuid4())
    with pytest.raises(PublishedMeanwhile):
        publish(EDITOR, 0)
    assert publish(MANAGER, 0, text="本院在东门接待。", discreet="本院预约成功。") == 1
    tell(resident, uuid4())
    key = {"kind": "booking.booked", "channel": Channel.IN_SITE, "language": "zh"}
    assert editing.roll_back(actor=MANAGER, **key, version=0, base=1) == 2
    assert publish(EDITOR, 1, text="第二版") == 2
    assert editing.roll_back(actor=EDITOR, **key, version=1, base=2) == 3
    tell(resident, uuid4())
    back, own, district, house = (message.text for message in messages(resident))
    assert house.startswith("您已预约云栖区中心医院骨科")
    assert district == back == "请带云栖区中心医院的医保卡，11月21日 09:00到骨科。"
    assert own == "本院在东门接待。"
    with pytest.raises(NotFound):
        editing.roll_back(actor=EDITOR, **key, version=9, base=3)
    with pytest.raises(InvalidInput):
        publish(MANAGER, 0, kind="payments.returned")
    for stranger in (replace(EDITOR, permissions=frozenset()), replace(MANAGER, permissions=frozenset())):
        with pytest.raises(Forbidden):
            publish(stranger, 3)
    shown = editing.view(EDITOR, KINDS["booking.booked"], Channel.IN_SITE, Language.ZH)
    assert [(one.number, one.restored_from) for one in shown.history] == [(3, 1), (2, None), (1, None)]


def test_the_house_words_every_kind_in_both_languages() -> None:
    """Without a variable nobody fills, and without anything telling where a locked screen shows it."""
    for kind in KINDS.values():
        for language in Language:
            for channel in (Channel.IN_SITE, Channel.SMS):
                wording = house_wording(kind, channel, language)
                assert wording is not None
                for discreet in (False, True):
                    said = fill(wording, kind, examples_of(kind), language=language, discreet=discreet)
                    assert "{" not in said.text
                if channel is Channel.IN_SITE and language is Language.ZH and kind.audience is Audience.RESIDENT:
                    values = {"title": wording.title, "text": wording.text, "discreet": wording.discreet}
                    read(kind, channel, values)


@pytest.mark.parametrize(
    ("at", "begins", "ends", "due"),
    [
        (time(23), time(22), time(7), (1, time(7))),
        (time(6), time(22), time(7), (0, time(7))),
        (time(7), time(22), time(7), None),
        (time(13), time(12), time(14), (0, time(14))),
        (time(23), time(8), time(8), None),
    ],
)
def test_quiet_hours_hold_what_is_not_urgent(at: time, begins: time, ends: time, due: tuple[int, time] | None) -> None:
    day = clock.today()
    now = clock.at(day, at)
    wanted = now if due is None else clock.at(day + due[0] * clock.DAY, due[1])
    assert not_before(KINDS["booking.booked"], now, begins, ends) == wanted
    assert not_before(KINDS["queue.unanswered"], now, begins, ends) == now


def test_what_waits_for_the_morning_is_sent_once_then(resident: UUID, outside: Parties) -> None:
    """The district's hours are data; an urgent kind does not wait, and what has lost its meaning is not sent at all."""
    local = clock.local(clock.now())
    begins, ends = (local - timedelta(hours=1)), (local + timedelta(hours=2))
    with pytest.raises(InvalidInput):
        quiet.change(actor=EDITOR, begins="25:00", ends="07:00")
    with pytest.raises(Forbidden):
        quiet.change(actor=MANAGER, begins="22:00", ends="07:00")
    quiet.change(actor=EDITOR, begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}")
    urgent = resident_with("+8619900000051")
    tell(resident, uuid4())
    tell(urgent, uuid4(), kind="queue.unanswered")
    assert (stands(resident), stands(urgent)) == ({"sms": "held"}, {"sms": "sent"})
    assert sending.sweep() == 0
    before = len(outside.received("sms", PHONE))
    with clock.shifted(timedelta(hours=2)):
        assert (sending.sweep(), sending.sweep()) == (1, 0)
        drain()
    assert stands(resident) == {"sms": "sent"}
    assert len(outside.received("sms", PHONE)) == before + 1
    late = resident_with("+8619900000052")
    tell(late, uuid4())
    with clock.shifted(timedelta(hours=30)):
        sending.sweep()
        drain()
    assert stands(late) == {"sms": "expired"}


def test_residents_decline_what_is_not_a_must(resident: UUID, outside: Parties) -> None:
    """Per kind and channel, in the app too; and choose which channel comes first, in which language."""
    me = Actor(kind=ActorKind.RESIDENT, id=resident, name="居民")
    with pytest.raises(MustHave):
        preferences.choose(actor=me, kind="booking.booked", wanted=("in_site",))
    with pytest.raises(NotFound):
        preferences.choose(actor=EDITOR, kind="doctors.moved", wanted=())
    for _ in range(2):
        preferences.choose(actor=me, kind="visit.medicine_ready", wanted=("wechat",))
    tell(resident, uuid4(), kind="visit.medicine_ready")
    assert (messages(resident), stands(resident)) == ([], {})
    preferences.choose(actor=me, kind="visit.medicine_ready", wanted=("sms",))
    preferences.change_habit(actor=me, first="app", language="en")
    tell(resident, uuid4(), kind="visit.medicine_ready", place="Pharmacy", window="3")
    assert stands(resident) == {"sms": "sent"}
    assert "is ready at Pharmacy 3." in outside.received("sms", PHONE)[0]["text"]


def test_staff_send_again_what_reached_nobody(resident: UUID, outside: Parties) -> None:
    """Once more on the same channel, never what may have arrived; another hospital's staff find nothing."""
    outside.switch("sms", "refuse", times=1)
    tell(resident, uuid4())
    message_id = messages(resident)[0].id
    before = len(outside.received("sms", PHONE))
    for _ in range(2):
        if stands(resident) == {"sms": "refused"}:
            resending.resend(actor=EDITOR, message_id=message_id, channel=Channel.SMS)
        drain()
    assert stands(resident) == {"sms": "sent"}
    assert len(outside.received("sms", PHONE)) == before + 1
    with pytest.raises(resending.NotResendable):
        resending.resend(actor=EDITOR, message_id=message_id, channel=Channel.SMS)
    with pytest.raises(resending.Unreachable):
        resending.resend(actor=EDITOR, message_id=message_id, channel=Channel.WECHAT)
    with pytest.raises(Forbidden):
        resending.resend(actor=MANAGER, message_id=message_id, channel=Channel.SMS)
