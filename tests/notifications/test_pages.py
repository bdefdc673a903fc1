"""Messages as people see them: the district's desk, a hospital's, a resident's phone, in large type too."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, expect

from hub.outbox.relay import drain
from hub.security.roles import Role
from regional_services.notifications import links
from tests.booking import world
from tests.harness import browser as browsers
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.harness.parties import Parties
from tests.notifications.conftest import PHONE, messages, resident_with, stands, tell, word_wechat
from tests.portal.desks import desk_of, text_of
from tests.portal.test_feedback_browser import window
from tests.security.matrix.examples import resident_browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for this file."""
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def address(alpha: str, beta: str) -> Iterator[str]:
    """The hub on a port."""
    port = free_port()
    with serving(HOST, port):
        yield f"http://localhost:{port}"


@pytest.fixture
def told(alpha: str, outside: Parties) -> UUID:
    """A resident whose SMS the gateway refused, among others who were told by WeChat, by SMS, or only in the app."""
    world.register_institution("alpha")
    word_wechat("booking.booked")
    outside.switch("sms", "refuse", times=1)
    refused = resident_with(PHONE)
    tell(refused, uuid4(), kind="booking.ended", ended="已停诊", reason="医生临时外出会诊")
    tell(resident_with("+8619900000061", wechat="oTestReader00000000000000061"), uuid4())
    tell(resident_with("+8619900000062"), uuid4(), kind="queue.unanswered", ticket="A007", room="2诊室")
    tell(resident_with(None), uuid4(), kind="survey.invited")
    return refused


def test_the_district_looks_words_and_sends_again(
    chromium: Browser, address: str, told: UUID, outside: Parties
) -> None:
    """From the failed one to the phone; from a slip in a wording to the words residents read."""
    desk = window(chromium, address, desk_of(Role.OPERATIONS), desk=True)
    page = desk.go("/district/deliveries")
    desk.look("district-deliveries")
    page.get_by_label("状态").select_option("failed")
    page.get_by_role("button", name="查看").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="预约已结束").click()
    expect(page.get_by_text("您在云栖区中心医院的一条预约状态有变化")).to_be_visible()
    page.get_by_role("button", name="查看居民所见的全文").click()
    expect(page.get_by_text("医生临时外出会诊")).to_be_visible()
    desk.look("district-delivery")
    page.get_by_role("button", name="重发：短信").click()
    expect(page.get_by_text("已重新发送")).to_be_visible()
    drain()
    assert stands(told) == {"sms": "sent"}
    desk.go("/district/deliveries/statistics")
    expect(page.locator("svg.bars").first).to_be_visible()
    desk.look("district-deliveries-statistics")
    page.get_by_role("link", name="免打扰时段").click()
    desk.go("/district/wordings")
    desk.go("/district/wordings/booking.booked/in_site/zh")
    page.get_by_label("正文", exact=True).fill("请于{when}到{hospital}。")
    expect(page.locator("#preview").get_by_text("没有变量 {hospital}")).to_be_visible()
    page.get_by_label("正文", exact=True).fill("请于{when}到{institution}{department}就诊。")
    expect(page.locator("#preview").get_by_text("请于11月21日 09:00到云栖区中心医院骨科门诊就诊。")).to_be_visible()
    desk.look("district-wording")
    page.get_by_role("button", name="发布新版本").click()
    expect(page.get_by_text("第 1 版已发布")).to_be_visible()
    desk.go("/district/wordings/booking.booked/wechat/zh")
    expect(page.get_by_label("平台模板编号")).to_have_value("TM-VISIT-0000000000000000000000000000000001")
    assert desk.troubles == []


def test_a_resident_chooses_what_to_be_told_and_follows_a_link(
    chromium: Browser, address: str, outside: Parties
) -> None:
    """The short link of the message opens the booking; a must-have can't be declined, another kind can."""
    session = world.open_for_booking("alpha")
    who = world.resident()
    world.book("alpha", session, who)
    drain(outside=False)
    assert who.actor.id is not None
    [message] = messages(who.actor.id)
    phone = window(chromium, address, resident_browser(who))
    page = phone.page
    phone.go(f"/m/{links.code_of(message.id)}")
    assert page.url.endswith(message.page)
    phone.go("/messages")
    page.get_by_role("link", name="消息设置与退订").click()
    phone.look("resident-message-habits")
    page.get_by_role("link", name="关注的医生停诊").click()
    page.get_by_label("站内消息").uncheck()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("link", name="关注的医生停诊 已全部退订")).to_be_visible()
    tell(who.actor.id, uuid4(), kind="doctors.stopped")
    assert [one.kind for one in messages(who.actor.id)] == ["booking.pay"]
    page.goto(f"{address}/messages/habits/booking.booked")
    expect(page.get_by_text("不能退订")).to_be_visible()
    elder = window(chromium, address, resident_browser(who), elder=True)
    elder.go("/messages/habits")
    elder.look("resident-message-habits-elder")
    assert (phone.troubles, elder.troubles) == ([], [])


def test_a_hospital_words_its_own_and_sees_its_own(told: UUID) -> None:
    """A neighbour sees none of it; what is the same all over the district can't be worded here."""
    own, neighbour = desk_of(Role.HOSPITAL_MANAGER, hospital="alpha"), desk_of(Role.HOSPITAL_MANAGER, hospital="beta")
    path, message_id = "/workspace/wordings/booking.booked/in_site/zh", messages(told)[0].id
    sent = {"title": "预约成功", "text": "请从东门进，{when}。", "discreet": "预约成功。", "base": "0"}
    slip = own.post(path, sent | {"text": "请{x}"})
    assert slip.status_code == 422
    assert "没有变量 {x}" in text_of(slip)
    assert own.post(path, sent).status_code == 302
    assert "请从东门进" in text_of(own.get(path))
    assert "请从东门进" not in text_of(neighbour.get(path))
    assert own.post("/workspace/wordings/payments.returned/in_site/zh", sent).status_code == 404
    assert own.get(f"/workspace/deliveries/{message_id}").status_code == 200
    assert neighbour.get(f"/workspace/deliveries/{message_id}").status_code == 404
    assert "预约已结束" in text_of(own.get("/workspace/deliveries")).split("<tbody>")[1]
    assert "<tbody>" not in text_of(neighbour.get("/workspace/deliveries"))
    assert own.post(f"/workspace/deliveries/{message_id}/open").status_code == 200
    assert "短信,平台拒绝" in text_of(own.get("/workspace/deliveries.csv"))
    assert "短信" in text_of(own.get("/workspace/deliveries/statistics"))
