"""A booking as the resident's WeChat tells it, from the reminder to pay to the refund."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command

from hub import clock
from hub.outbox.relay import drain
from hub.security.keyring import ring
from regional_services.booking import services
from regional_services.booking.models import Settlement, State
from regional_services.notifications import links, quiet, wordings
from regional_services.notifications.selectors import messages
from tests.booking import world
from tests.booking.world import Resident
from tests.flow.conftest import District
from tests.harness.parties import SECRET
from tests.notifications.conftest import bind_wechat

REMINDED, PAID, REFUNDED, DUE = "前支付", "支付成功", "退款已完成", "挂号成功，请就诊前缴费"


@pytest.fixture
def on_wechat(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """The district with its WeChat templates agreed, at an hour that is not quiet."""
    monkeypatch.setattr(quiet, "BEGINS", quiet.ENDS)
    ring().put_secret("wechat.open.app_secret", SECRET.encode())
    wordings.forget()
    call_command("onboard_demo_messages")
    return district


def _reader(openid: str) -> Resident:
    who = world.resident()
    bind_wechat(who.actor.id, openid)
    return who


def _count(district: District, openid: str) -> dict[str, int]:
    """How often each of the four is said on somebody's WeChat."""
    texts = [row["text"] for row in district.parties.received("wechat", openid)]
    return {word: sum(word in text for text in texts) for word in (REMINDED, PAID, REFUNDED, DUE)}


@pytest.mark.requirement("JA-APPT-12", "JA-APPT-13", "JA-APPT-29")
def test_reminded_to_pay_told_it_is_paid_told_it_came_back(on_wechat: District) -> None:
    """One of each; the link opens the payable order; who did not pay, or whose refund failed, is told no success."""
    district = on_wechat
    payer, idle, unlucky = (f"oTestPayer0000000000000{name}" for name in ("payer", "idle0", "fails"))
    people = {openid: _reader(openid) for openid in (payer, idle, unlucky)}
    session = world.open_session("alpha")
    bookings = {openid: district.book("alpha", session, who) for openid, who in people.items()}
    assert _count(district, payer) == {REMINDED: 1, PAID: 0, REFUNDED: 0, DUE: 0}
    [reminder] = district.parties.received("wechat", payer)
    account_id = people[payer].actor.id
    assert account_id is not None
    [message] = messages(account_id)
    assert reminder["url"] == links.short(message.id)
    assert message.page == f"/bookings/{bookings[payer].id}"
    assert bookings[payer].state is State.AWAITING_PAYMENT
    for openid in (payer, unlucky):
        district.pay(bookings[openid], people[openid])
    assert _count(district, payer) == {REMINDED: 1, PAID: 1, REFUNDED: 0, DUE: 0}
    with clock.shifted(timedelta(minutes=20)):
        services.sweep()
        drain()
    assert _count(district, idle) == {REMINDED: 1, PAID: 0, REFUNDED: 0, DUE: 0}
    _cancel(district, payer, people, bookings[payer].id)
    assert district.booking(bookings[payer].id).settlement is Settlement.REFUNDED
    assert _count(district, payer) == {REMINDED: 1, PAID: 1, REFUNDED: 1, DUE: 0}
    refund = next(row for row in district.parties.received("wechat", payer) if REFUNDED in row["text"])
    assert refund["data"]["amount2"].startswith("¥")
    district.parties.switch("wechat-pay", "refund_ends", "ABNORMAL")
    _cancel(district, unlucky, people, bookings[unlucky].id)
    assert district.booking(bookings[unlucky].id).settlement is Settlement.REFUND_FAILED
    assert _count(district, unlucky) == {REMINDED: 1, PAID: 1, REFUNDED: 0, DUE: 0}


def _cancel(district: District, openid: str, people: dict[str, Resident], booking_id: object) -> None:
    services.cancel_booking(actor=people[openid].actor, booking_id=booking_id, reason="时间有变化")  # type: ignore[arg-type]
    drain()
    district.deliver()
    drain()


@pytest.mark.requirement("JA-APPT-30")
def test_registered_and_unpaid_is_told_and_paid_is_not(on_wechat: District) -> None:
    """At a hospital where one pays on the day; who has paid before is told nothing of a payment due."""
    district = on_wechat
    early, later = "oTestPayer00000000000early", "oTestPayer00000000000later"
    paying, standing = _reader(early), _reader(later)
    booking = district.book("alpha", world.open_session("alpha"), paying)
    district.pay(booking, paying)
    world.limit("alpha", settle_mode="pay_on_day")
    unpaid = district.book("alpha", world.open_session("alpha"), standing)
    assert (unpaid.state, unpaid.settlement) == (State.BOOKED, Settlement.UNPAID)
    assert _count(district, later)[DUE] == 1
    assert _count(district, early) == {REMINDED: 1, PAID: 1, REFUNDED: 0, DUE: 0}
