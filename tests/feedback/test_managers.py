"""Feedback as managers see it: the list, its filters, the figures, and what is kept from whom."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from hub import clock
from hub.audit.selectors import Search, entries_of
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from regional_services.feedback import deadlines, services
from regional_services.feedback.models import Feedback, Photo
from regional_services.feedback.services import Wish
from tests.booking import world
from tests.feedback.pictures import picture
from tests.portal.desks import desk_of, text_of
from tests.security.matrix.examples import resident_browser, resident_token

LIST = "/district/feedback"


@pytest.fixture
def items(alpha: str, beta: str) -> dict[str, UUID]:
    """One item about each hospital, one about none, one closed."""
    for code in (alpha, beta):
        world.register_institution(code)
    who = world.resident()

    def write(text: str, code: str = "", category: str = "service", photos: list[object] | None = None) -> UUID:
        wish = Wish(text=text, institution_code=code, category=category, photos=photos or [])  # type: ignore[arg-type]
        return services.submit(actor=who.actor, wish=wish, key=text)

    made = {
        "alpha": write("甲院的事", alpha, photos=[picture()]),
        "beta": write("乙院的事", beta, "booking"),
        "none": write("平台的事", category="platform"),
        "closed": write("办完的事", category="advice"),
    }
    desk_of(Role.OPERATIONS, login_name="closer").post(f"{LIST}/{made['closed']}/close", {"text": "已办"})
    return made


@pytest.mark.requirement("JA-FEEDBACK-08")
def test_the_district_sees_all_and_a_resident_cannot_open_it(items: dict[str, UUID]) -> None:
    desk = desk_of(Role.OPERATIONS)
    everything = text_of(desk.get(LIST))
    assert all(words in everything for words in ("甲院的事", "乙院的事", "平台的事", "办完的事", "共 4 条"))
    resident = resident_browser(world.resident())
    assert resident.get(LIST).status_code == 302
    assert resident.get(f"{LIST}/{items['alpha']}")["Location"].startswith("/desk/signin")
    for query, expected in (
        ("state=open", {"甲院的事", "乙院的事", "平台的事"}),
        ("state=closed", {"办完的事"}),
        ("institution=beta", {"乙院的事"}),
        ("institution=-", {"平台的事", "办完的事"}),
        ("category=platform", {"平台的事"}),
        (f"number={_number(items['beta']).lower()}", {"乙院的事"}),
        ("since=2020-01-01&until=2020-01-02", set()),
    ):
        page = text_of(desk.get(f"{LIST}?{query}"))
        assert {words for words in ("甲院的事", "乙院的事", "平台的事", "办完的事") if words in page} == expected, query


def _number(feedback_id: UUID) -> str:
    with region(read_only=True):
        return str(Feedback.objects.get(pk=feedback_id).number)


@pytest.mark.requirement("JA-FEEDBACK-09")
def test_a_reply_marks_the_item_handled(items: dict[str, UUID]) -> None:
    desk = desk_of(Role.OPERATIONS)
    here = f"{LIST}/{items['none']}"
    assert desk.post(f"{here}/reply", {"text": " "}).status_code == 422
    assert desk.post(f"{here}/reply", {"text": "已处理。"}).status_code == 302
    page = text_of(desk.get(here))
    assert "已答复" in page
    assert "已处理。" in page


@pytest.mark.requirement("JA-FEEDBACK-10")
def test_a_closed_item_leaves_the_open_list(items: dict[str, UUID]) -> None:
    desk = desk_of(Role.OPERATIONS)
    assert "办完的事" not in text_of(desk.get(f"{LIST}?state=open"))
    assert desk.post(f"{LIST}/{items['closed']}/close").status_code == 409
    assert desk.post(f"{LIST}/{items['closed']}/reply", {"text": "再说"}).status_code == 409


@pytest.mark.requirement("JA-FEEDBACK-11")
def test_the_unconcluded_figure_opens_its_list(items: dict[str, UUID]) -> None:
    desk = desk_of(Role.OPERATIONS)
    page = text_of(desk.get(f"{LIST}/statistics"))
    assert '?state=open"><span class="muted">未办结</span><b>3</b>' in page
    assert "共 3 条" in text_of(desk.get(f"{LIST}?state=open"))
    narrowed = text_of(desk.get(f"{LIST}/statistics?institution=alpha"))
    assert '?institution=alpha&amp;state=open"><span class="muted">未办结</span><b>1</b>' in narrowed


def _desk(hospital: str) -> Client:
    return desk_of(Role.HOSPITAL_MANAGER, hospital=hospital)


def test_a_hospital_sees_and_answers_its_own_and_reaches_no_other(items: dict[str, UUID]) -> None:
    own, stranger = _desk("alpha"), _desk("beta")
    here = "/workspace/feedback"
    listed = text_of(own.get(here))
    assert "甲院的事" in listed
    assert not any(words in listed for words in ("乙院的事", "平台的事", "办完的事"))
    assert "<b>1</b>" in text_of(own.get(f"{here}/statistics"))
    assert own.post(f"{here}/{items['alpha']}/reply", {"text": "我们改。"}).status_code == 302
    assert "我们改。" in text_of(own.get(f"{here}/{items['alpha']}"))
    with region(read_only=True):
        photo = Photo.objects.get()
    assert own.get(f"{here}/photos/{photo.id}").status_code == 200
    for address in (f"{here}/{items['alpha']}", f"{here}/photos/{photo.id}", f"{here}/{items['none']}"):
        assert stranger.get(address).status_code == 404
    for act in ("take", "reply"):
        assert stranger.post(f"{here}/{items['alpha']}/{act}", {"text": "冒充"}).status_code == 404
    looks = [entry.action for entry in entries_of(REGION, Search(target=f"feedback:{items['alpha']}"))]
    assert looks.count("feedback.photo_opened") == 1
    assert "feedback.opened" in looks


def test_row_level_security_holds_what_a_query_forgets(items: dict[str, UUID]) -> None:
    with region(read_only=True, staff_of="beta"):
        assert set(Feedback.objects.values_list("institution_code", flat=True)) == {"beta"}
        assert not Photo.objects.exists()


def test_a_role_without_the_permission_is_refused(items: dict[str, UUID]) -> None:
    clerk, auditor = desk_of(Role.RECEPTION, hospital="alpha"), desk_of(Role.AUDIT_ADMIN)
    assert clerk.get("/workspace/feedback").status_code == 403
    assert auditor.get(LIST).status_code == 403
    assert _desk("alpha").get("/district/feedback/deadlines").status_code == 403


def test_pages_ask_few_questions(items: dict[str, UUID], django_assert_max_num_queries: object) -> None:
    desk = desk_of(Role.OPERATIONS)
    desk.get(LIST)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        desk.get(LIST)


def test_the_overdue_stand_on_the_first_page_and_lists_leave_as_files(
    items: dict[str, UUID], alpha: str, beta: str
) -> None:
    district, manager = desk_of(Role.OPERATIONS), desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    assert "超过时限没有答复" not in text_of(manager.get("/workspace/"))
    with region():
        Feedback.objects.filter(pk__in=[items["alpha"], items["beta"]]).update(due_at=clock.now() - clock.DAY)
    assert deadlines.escalate() == 2
    assert '/workspace/feedback?state=overdue">1 ' in text_of(manager.get("/workspace/"))
    assert '/district/feedback?state=overdue">2 ' in text_of(district.get("/district/"))
    assert "超过时限" not in text_of(desk_of(Role.RECEPTION, hospital=alpha).get("/workspace/"))
    own = manager.get("/workspace/feedback.csv").content.decode("utf-8-sig").splitlines()
    assert own[0].startswith("导出编号 E")
    assert [line.rsplit(",", 1)[1] for line in own[2:]] == ["甲院的事"]
    assert "乙院的事" in district.get(f"{LIST}.csv", {"institution": beta}).content.decode()
    number = own[0].split(",")[0].removeprefix("导出编号 ")
    assert entries_of(REGION, Search(target=f"export:{number}"))[0].detail["rows"] == 1
    district.post("/language", {"language": "en", "next": "/"})
    heads = district.get(f"{LIST}.csv").content.decode("utf-8-sig").splitlines()[1]
    assert not re.search("[\u4e00-\u9fff]", heads), heads
    assert desk_of(Role.REVIEWER).get(f"{LIST}.csv").status_code == 403


def test_a_resident_writes_reads_adds_and_rates_by_the_interface(alpha: str) -> None:
    world.register_institution(alpha)
    who, stranger = world.resident(), world.resident()

    def call(actor: world.Resident, method: str, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {resident_token(actor)}", "Idempotency-Key": key or uuid4().hex}
        address, sent = f"/api/resident/v1/feedback{path}", json.dumps(body)
        answer = Client().generic(method, address, sent, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    wish = {"text": "候诊区太吵", "category": "service", "institution_code": alpha}
    status, made = call(who, "POST", "", wish, "k" * 32)
    assert (status, made["state"], [entry["text"] for entry in made["entries"]]) == (201, "submitted", ["候诊区太吵"])
    assert call(who, "POST", "", wish, "k" * 32)[1]["id"] == made["id"], "sent twice, stored once"
    one = f"/{made['id']}"
    assert call(who, "PUT", f"{one}/rating", {"stars": 5})[0] == 409
    assert len(call(who, "POST", f"{one}/additions", {"text": "下午也吵"})[1]["entries"]) == 2
    desk_of(Role.OPERATIONS).post(f"{LIST}/{made['id']}/close", {"text": "已加装隔音"})
    assert call(who, "PUT", f"{one}/rating", {"stars": 5, "text": "很快"})[1]["rating"] == 5
    assert [row["id"] for row in call(who, "GET", "")[1]["items"]] == [made["id"]]
    assert call(stranger, "GET", one)[0] == 404
    assert call(stranger, "GET", "")[1]["items"] == []
    assert call(who, "POST", "", {"text": ""})[0] == 422
