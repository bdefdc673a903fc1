"""Feedback and surveys as people see them: on a phone, in large type, at a desk of the district and of a hospital."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, FilePayload, expect

from hub.security.roles import Role
from regional_services.survey.questions import DEFAULT
from tests.booking import world
from tests.booking.world import Resident
from tests.feedback.pictures import picture
from tests.harness.browser import Visitor, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of
from tests.security.matrix.examples import resident_browser
from tests.survey.test_surveys import GOOD, visit

pytestmark = pytest.mark.browser


@pytest.fixture
def address(alpha: str, beta: str) -> Iterator[str]:
    """The hub on a port."""
    port = free_port()
    with serving(HOST, port):
        yield f"http://localhost:{port}"


def window(browser: Browser, address: str, signed_in: Client, *, desk: bool = False, elder: bool = False) -> Visitor:
    """Somebody signed in, at his own window."""
    person = visitor(browser, address, desk=desk, elder=elder)
    cookie = signed_in.cookies["sessionid"].value
    person.context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
    return person


def _photo(name: str, content: bytes = b"") -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content or picture(size=(800, 600)).read()}


@pytest.mark.requirement("JA-FEEDBACK-01", "JA-FEEDBACK-04", "JA-FEEDBACK-05", "JA-FEEDBACK-07")
def test_a_resident_writes_and_the_district_answers(chromium: Browser, address: str, alpha: str) -> None:
    session = world.open_for_booking(alpha)
    who = world.resident()
    world.book(alpha, session, who)
    phone = window(chromium, address, resident_browser(who))
    page = phone.go("/feedback")
    phone.look("resident-feedback-empty")
    page.get_by_role("link", name="写反馈").click()
    page.get_by_label("您的问题或建议").fill("电梯坏了，老人上不了三楼，请尽快维修。")
    page.locator("#photos").set_input_files([_photo("a.jpg"), _photo("b.jpg", b"no picture")])
    page.get_by_label("类别").select_option("service")
    page.get_by_label("关于哪家医院").select_option(alpha)
    phone.look("resident-feedback-new")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("第 2 个文件不是照片")).to_be_visible()
    phone.look("resident-feedback-refused")
    phone.troubles.clear()  # the browser notes the refusal's status
    page.locator("#photos").set_input_files([_photo("a.jpg"), _photo("b.jpg")])
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("已收到您的反馈")).to_be_visible()
    expect(page.locator(".photos img")).to_have_count(2)
    assert page.locator(".photos img").first.evaluate("node => node.decode().then(() => node.naturalWidth)") == 800
    phone.look("resident-feedback-one")
    desk = window(chromium, address, desk_of(Role.OPERATIONS), desk=True)
    office = desk.go("/district/feedback")
    desk.look("district-feedback")
    office.get_by_role("link", name="电梯坏了").click()
    office.get_by_role("button", name="开始办理").click()
    expect(office.get_by_text("已开始办理")).to_be_visible()
    office.get_by_role("link", name="打开照片").click()
    expect(office.locator(".photos img")).to_have_count(2)
    office.get_by_label("答复（居民立即看到").fill("已联系医院，电梯今天下午修好。")
    desk.look("district-feedback-one")
    office.get_by_role("button", name="答复").click()
    expect(office.get_by_text("已答复，居民立即可以看到。")).to_be_visible()
    page.reload()
    expect(page.get_by_text("已联系医院，电梯今天下午修好。")).to_be_visible()
    page.get_by_label("继续追问或补充").fill("谢谢，下午我再去看看。")
    page.get_by_role("button", name="追加").click()
    expect(page.get_by_text("追问待答")).to_be_visible()
    office.reload()
    office.get_by_text("关闭这条反馈").click()
    office.get_by_role("button", name="确认关闭").click()
    expect(office.get_by_text("已关闭，居民可以评价。")).to_be_visible()
    desk.look("district-feedback-closed")
    page.reload()
    page.get_by_label("5 星").check()
    phone.look("resident-feedback-rate")
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_text("感谢您的评价。")).to_be_visible()
    for path, name in (("statistics", "statistics"), ("deadlines", "deadlines")):
        desk.go(f"/district/feedback/{path}")
        desk.look(f"district-feedback-{name}")
    elder = window(chromium, address, resident_browser(who), elder=True)
    for path, name in (("/feedback", "list"), ("/feedback/new", "new")):
        elder.go(path)
        elder.look(f"elder-feedback-{name}")
    assert [*phone.troubles, *desk.troubles, *elder.troubles] == []


@pytest.mark.requirement("JA-APPT-26", "JA-APPT-27", "JA-APPT-28")
def test_a_hospital_shapes_its_survey_and_a_resident_fills_it_in(chromium: Browser, address: str, alpha: str) -> None:
    session = world.open_for_booking(alpha, fee_fen=0)
    host = address.replace("localhost", f"{alpha}.localhost")
    desk = window(chromium, host, desk_of(Role.HOSPITAL_MANAGER, hospital=alpha), desk=True)
    page = desk.go("/workspace/surveys/template")
    page.get_by_label("第 5 题").first.fill("停车方便吗？")
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_text("居民将看到")).to_be_visible()
    desk.look("workspace-survey-template")
    page.get_by_role("button", name="发布新版本").click()
    expect(page.get_by_text("第 1 版已发布")).to_be_visible()
    desk.go("/workspace/surveys/style")
    page.get_by_label("湖蓝").check()
    page.get_by_role("button", name="发布样式").click()
    expect(page.get_by_text("样式第 1 版已发布")).to_be_visible()
    desk.look("workspace-survey-style")
    guests: list[Resident] = []
    for marks in ("4", "5"):
        who, made = visit(session)
        guests.append(who)
        resident_browser(who).post(f"/surveys/{made.id}", {**GOOD, DEFAULT[0].key: marks})
    who, invitation = visit(session)
    phone = window(chromium, address, resident_browser(who))
    survey = phone.go(f"/surveys/{invitation.id}")
    survey.get_by_role("button", name="提交").click()
    expect(survey.get_by_text("这一题必须回答。").first).to_be_visible()
    phone.look("resident-survey-missing")
    phone.troubles.clear()  # the browser notes the refusal's status
    for question in DEFAULT[:2]:
        survey.get_by_role("group", name=question.text).get_by_label("5 星").check()
    survey.get_by_label("可以接受").check()
    survey.get_by_label(DEFAULT[3].text).fill("都很好")
    phone.look("resident-survey")
    survey.get_by_role("button", name="提交").click()
    expect(survey.get_by_text("您的答卷")).to_be_visible()
    phone.look("resident-survey-done")
    elder = window(chromium, address, resident_browser(who), elder=True)
    elder.go(f"/surveys/{invitation.id}")
    elder.look("elder-survey")
    desk.go("/workspace/surveys")
    desk.look("workspace-surveys")
    desk.go("/workspace/feedback")
    desk.look("workspace-feedback-empty")
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.go("/workspace/surveys")
    desk.look("workspace-surveys-phone")
    assert [*phone.troubles, *desk.troubles, *elder.troubles] == []
