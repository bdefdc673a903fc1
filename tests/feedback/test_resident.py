"""Feedback as its resident sees it: writing with photographs, the list, the states, adding, rating."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.storage import objects
from hub.storage.uploads import MOST_BYTES
from hub.tenancy.scope import region
from regional_services.feedback import deadlines, photos, services, tidying
from regional_services.feedback.models import Entry, Feedback, Photo, State
from tests.booking import world
from tests.booking.world import Resident
from tests.feedback.pictures import PLACE, picture
from tests.portal.desks import desk_of, text_of
from tests.security.matrix.examples import resident_browser

NEW = "/feedback/new"


@pytest.fixture
def who(alpha: str, beta: str) -> Resident:
    world.register_institution(alpha)
    world.register_institution(beta)
    return world.resident()


@pytest.fixture
def phone(who: Resident) -> Client:
    return resident_browser(who)


def write(phone: Client, text: str = "电梯坏了，老人上不去。", **more: object) -> Feedback:
    """Send the form; the newest item."""
    answer = phone.post(NEW, {"text": text, "category": "service", "form_key": uuid4().hex, **more})
    assert answer.status_code == 302, text_of(answer)
    with region(read_only=True):
        return Feedback.objects.latest("created_at")


@pytest.mark.requirement("JA-FEEDBACK-01", "JA-FEEDBACK-02", "WX-SURVEY-04", "WX-COMPLAINT-01")
def test_text_and_photographs_reach_the_handler(phone: Client, alpha: str) -> None:
    row = write(phone, institution=alpha, photos=[picture(), picture("PNG")])
    assert "已收到您的反馈" in text_of(phone.get(f"/feedback/{row.id}"))
    desk = desk_of(Role.OPERATIONS)
    assert "电梯坏了，老人上不去。" in text_of(desk.get("/district/feedback"))
    closed = text_of(desk.get(f"/district/feedback/{row.id}"))
    assert "附照片 2 张" in closed
    assert "/district/feedback/photos/" not in closed, "photographs open by a deliberate act"
    opened = text_of(desk.get(f"/district/feedback/{row.id}?photos=1"))
    with region(read_only=True):
        kept = list(Photo.objects.order_by("position"))
    assert [f"/district/feedback/photos/{photo.id}" in opened for photo in kept] == [True, True]
    seen = desk.get(f"/district/feedback/photos/{kept[0].id}")
    assert seen["Content-Type"] == "image/jpeg"
    assert seen.content[:3] == b"\xff\xd8\xff"
    assert PLACE.encode() not in seen.content, "where it was taken does not travel with it"
    lying = b"".join(objects.raw(kept[0].object_key))
    assert b"\xff\xd8\xff" not in lying, "sealed in the store"


@pytest.mark.requirement("JA-FEEDBACK-01", "JA-FEEDBACK-02", "WX-COMPLAINT-01")
def test_what_is_no_photograph_or_no_text_is_refused_in_words(phone: Client) -> None:
    script = SimpleUploadedFile("cat.jpg", b"<svg onload=alert(1)>", content_type="image/jpeg")
    large = SimpleUploadedFile("large.jpg", b"\xff\xd8\xff" + b"0" * MOST_BYTES, content_type="image/jpeg")
    for upload, words in ((script, "不是照片"), (large, "超过 10 MB")):
        answer = phone.post(NEW, {"text": "看图", "category": "service", "photos": [upload]})
        assert answer.status_code == 422
        assert words in text_of(answer)
        assert "看图" in text_of(answer), "what was typed is still there"
    five = phone.post(
        NEW, {"text": "看图", "category": "service", "photos": [picture() for _ in range(photos.MOST + 1)]}
    )
    assert f"最多 {photos.MOST} 张" in text_of(five)
    assert phone.post(NEW, {"text": "  ", "category": "service"}).status_code == 422
    with region(read_only=True):
        assert not Feedback.objects.exists()


@pytest.mark.requirement("JA-FEEDBACK-03")
def test_the_list_holds_ones_own_and_nobody_elses(phone: Client) -> None:
    other = resident_browser(world.resident())
    theirs = write(other, "别人的事")
    for number in range(21):
        if number == 20:
            with clock.shifted(timedelta(days=2)):
                write(phone, f"第{number:02d}件")
        else:
            write(phone, f"第{number:02d}件")
    first, second = text_of(phone.get("/feedback")), text_of(phone.get("/feedback?page=2"))
    assert all(f"第{number:02d}件" in first for number in range(1, 21))
    assert "第00件" in second
    assert "别人的事" not in first + second
    for address in (f"/feedback/{theirs.id}", f"/feedback/{theirs.id}/add", f"/feedback/{theirs.id}/rate"):
        assert phone.post(address, {"text": "x"}).status_code in (404, 405)
    assert phone.get(f"/feedback/{theirs.id}").status_code == 404
    assert phone.post(NEW, {"text": "再来一件", "category": "service"}).status_code == 429


@pytest.mark.requirement("JA-FEEDBACK-04", "JA-FEEDBACK-05", "JA-FEEDBACK-06", "JA-FEEDBACK-07")
def test_from_submission_to_rating(phone: Client, alpha: str) -> None:
    row = write(phone, institution=alpha)
    mine, desk, here = f"/feedback/{row.id}", desk_of(Role.OPERATIONS), f"/district/feedback/{row.id}"
    assert "已提交" in text_of(phone.get(mine))
    assert phone.post(f"{mine}/rate", {"rating": "5"}).status_code == 409
    desk.post(f"{here}/take")
    assert "办理中" in text_of(phone.get(mine))
    desk.post(f"{here}/reply", {"text": "电梯已修好。", "form_key": "k1"})
    desk.post(f"{here}/reply", {"text": "电梯已修好。", "form_key": "k1"})
    answered = text_of(phone.get(mine))
    assert answered.count("电梯已修好。") == 1
    assert "已答复" in answered
    drain(outside=False)
    assert "您的反馈有了答复" in text_of(phone.get("/messages"))
    phone.post(f"{mine}/add", {"text": "今天又坏了。", "photos": [picture()]})
    assert "追问待答" in text_of(phone.get(mine))
    assert "电梯坏了" in text_of(desk.get("/district/feedback?state=follow_up")), "back in open work"
    assert phone.post(f"{mine}/rate", {"rating": "5"}).status_code == 409
    desk.post(f"{here}/reply", {"text": "已更换电机。", "form_key": "k2"})
    desk.post(f"{here}/close", {"text": ""})
    closed = text_of(phone.get(mine))
    assert "已关闭" in closed
    assert "继续追问" not in closed
    assert phone.post(f"{mine}/add", {"text": "还有"}).status_code == 409
    assert phone.post(f"{mine}/rate", {"rating": "9"}).status_code == 422
    assert phone.post(f"{mine}/rate", {"rating": "4", "text": "挺快"}).status_code == 302
    assert phone.post(f"{mine}/rate", {"rating": "1"}).status_code == 409
    assert "4 星" in text_of(phone.get(mine))
    with region(read_only=True):
        said = Entry.objects.filter(feedback_id=row.id).values_list("kind", flat=True).order_by("created_at")
        assert list(said) == ["submission", "taken", "reply", "addition", "reply", "closed"]


def test_a_message_of_a_reply_leads_to_the_item(phone: Client, who: Resident) -> None:
    row = write(phone)
    desk_of(Role.OPERATIONS).post(f"/district/feedback/{row.id}/reply", {"text": "收到。"})
    drain(outside=False)
    [message] = world.messages_of(who)
    assert phone.get(f"/messages/{message.id}")["Location"] == f"/feedback/{row.id}"


@pytest.mark.requirement("WX-COMPLAINT-02")
def test_only_own_bookings_can_be_named_and_their_hospital_follows(beta: str, committed: None) -> None:
    session = world.open_for_booking(beta)
    who, stranger = world.resident(), world.resident()
    booking = world.book(beta, session, who)
    assert (
        resident_browser(stranger)
        .post(NEW, {"text": "他的", "category": "service", "booking": str(booking.id)})
        .status_code
        == 404
    )
    row = write(resident_browser(who), booking=str(booking.id))
    assert (row.institution_code, row.booking_id) == (beta, booking.id)


@pytest.mark.requirement("WX-COMPLAINT-03")
def test_the_helpline_is_one_tap_away(phone: Client, settings: object) -> None:
    assert 'href="tel:021-5550-0120"' in text_of(phone.get("/feedback"))


def test_a_form_sent_twice_is_one_item_and_stray_photographs_go(phone: Client, who: Resident) -> None:
    for _ in range(2):
        assert phone.post(NEW, {"text": "一次", "category": "advice", "form_key": "same"}).status_code == 302
    row = write(phone, photos=[picture()])
    photos.store([b"stray"])
    with clock.shifted(tidying.YOUNG + timedelta(minutes=1)):
        assert tidying.tidy() >= 1
        assert tidying.tidy() == 0
    with region(read_only=True):
        assert Feedback.objects.count() == 2
        kept = Photo.objects.get(entry__feedback=row)
    assert services.open_photo(actor=who.actor, photo_id=kept.id)[:3] == b"\xff\xd8\xff"


def test_what_nobody_answers_in_time_is_escalated_once(phone: Client) -> None:
    desk = desk_of(Role.OPERATIONS)
    page = "/district/feedback/deadlines"
    assert desk.post(page, {"service": "0"}).status_code == 422
    assert desk.post(page, {"service": "24", "booking": "72"}).status_code == 302
    row = write(phone)
    assert deadlines.escalate() == 0
    with clock.shifted(timedelta(hours=23)):
        assert deadlines.escalate() == 0
    with clock.shifted(timedelta(hours=25)):
        assert deadlines.escalate() == 1
        assert deadlines.escalate() == 0
    with region(read_only=True):
        assert Feedback.objects.get(pk=row.pk).escalated_at is not None
    assert "超时升级" in text_of(phone.get(f"/feedback/{row.id}"))
    desk.post(f"/district/feedback/{row.id}/reply", {"text": "抱歉久等。"})
    phone.post(f"/feedback/{row.id}/add", {"text": "仍未解决"})
    with region(read_only=True):
        again = Feedback.objects.get(pk=row.pk)
    assert again.state == State.FOLLOW_UP
    assert again.escalated_at is None
    assert again.due_at is not None
