"""The visit day as the resident's WeChat shows it, and what managers and applicants are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import region
from hub.work import work
from regional_services.feedback import deadlines
from regional_services.feedback import services as feedback
from regional_services.feedback.services import Wish
from regional_services.idverify.models import Application
from tenants.queueing import services, timekeeping
from tests.accounts.people import make_staff
from tests.booking import world
from tests.booking.world import SETUP
from tests.harness.parties import Parties
from tests.idverify import world as identities
from tests.notifications.conftest import bind_wechat, messages
from tests.portal.desks import browser_of, text_of
from tests.queueing.test_queue import _move_session
from tests.queueing.world import Clinic, at_clinic, clinic


def _openid(index: int) -> str:
    return f"oTestQueue000000000000000{index:03d}"


@pytest.fixture
def day(alpha: str, outside: Parties) -> Clinic:
    """A clinic whose people have bound their WeChat."""
    call_command("onboard_demo_messages")
    made = clinic(alpha, 3)
    for index, who in enumerate(made.people):
        bind_wechat(who.actor.id, _openid(index))
    return made


def _texts(outside: Parties, index: int, word: str) -> list[str]:
    """What somebody's WeChat says with this word in it, the oldest first."""
    found = [row["text"] for row in outside.received("wechat", _openid(index))]
    return [text for text in reversed(found) if word in text]


@pytest.mark.requirement("JA-QUEUE-03", "JA-QUEUE-04", "JA-QUEUE-05")
def test_the_queue_speaks_to_the_residents_wechat(day: Clinic, outside: Parties, alpha: str) -> None:
    """Room, number and order when set and when changed; called and not come; passed over, with what can be done."""
    with at_clinic(8):
        timekeeping.enter_day(alpha)
        drain()
        [placed] = _texts(outside, 2, "前面约")
        with work(alpha, actor=SETUP) as unit:
            _move_session(alpha, day, "5诊室")
            unit.audit("test.moved", target="session")
        for _ in range(2):
            timekeeping.tick(alpha)
            drain()
        first, second = _texts(outside, 2, "前面约")
        assert first == placed
        assert "5诊室" in second
        day.arrive(0, 1)
        day.call(station="1诊室")
        day.call(station="2诊室")
        services.answer(actor=day.doctor, hospital=alpha, entry_id=day.entry(1).id)
        drain()
        assert _texts(outside, 0, "已叫号") == []
    with at_clinic(8, 3):
        for _ in range(2):
            timekeeping.tick(alpha)
            drain()
        assert len(_texts(outside, 0, "已叫号，请尽快到1诊室")) == 1
        assert _texts(outside, 1, "已叫号") == []
        services.skip(actor=day.doctor, hospital=alpha, entry_id=day.entry(0).id)
        drain()
        timekeeping.tick(alpha)
        drain()
        assert len(_texts(outside, 0, "已过号，请重排、改约或退号")) == 1
        assert _texts(outside, 1, "已过号") == []
    assert day.people[0].actor.id is not None
    [passed] = [one for one in messages(day.people[0].actor.id) if one.kind == "queue.passed"]
    assert passed.page == f"/bookings/{day.bookings[0]}"
    assert "到分诊台重新排队；改约其他时间；或取消预约并退费" in passed.text


def test_managers_hear_of_overdue_feedback_once(alpha: str) -> None:
    """Those of the hospital it is about and of the district; no neighbour. The reminder leads to the item."""
    world.register_institution(alpha)
    manager = make_staff("manager.alpha", hospital=alpha, roles=(Role.HOSPITAL_MANAGER,))
    operator = make_staff("operator", roles=(Role.OPERATIONS,))
    make_staff("reception.alpha", hospital=alpha, roles=(Role.RECEPTION,))
    who = world.resident()
    item = feedback.submit(actor=who.actor, wish=Wish(text="等了很久", institution_code=alpha, photos=[]), key="k" * 32)
    with clock.shifted(timedelta(days=4)):
        assert (deadlines.escalate(), deadlines.escalate()) == (1, 0)
    browsers = {member: browser_of(member) for member in (manager, operator)}
    for member, other, place in ((manager, operator, "workspace"), (operator, manager, "district")):
        [told] = messages(member.account.user_id)
        assert "反馈超时未答复" in text_of(browsers[member].get("/desk/reminders"))
        assert browsers[member].get(f"/desk/reminders/{told.id}")["Location"] == f"/{place}/feedback/{item}"
        assert browsers[other].get(f"/desk/reminders/{told.id}").status_code == 404


def test_the_applicant_hears_what_became_of_his_identity(alpha: str, outside: Parties) -> None:
    """The decision with its reason, by WeChat, once; nothing of his name in it."""
    call_command("onboard_demo_messages")
    application_id = identities.rejected(identities.applicant(), identities.reviewer())
    with region(read_only=True):
        account_id = Application.objects.get(pk=application_id).account_id
    [told] = messages(account_id)
    assert (told.kind, told.page) == ("identity.rejected", "/me/identity")
    assert "未通过审核" in told.text
