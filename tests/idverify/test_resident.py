"""A resident on the pages: both sides in order, what was read, correcting, submitting once, the outcome."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from hub import clock
from hub.outbox.relay import drain
from hub.storage import objects
from hub.tenancy.scope import region
from regional_services.identity.errors import GuardianRequired
from regional_services.idverify import access, reviewing, services, tasks
from regional_services.idverify.errors import AlreadyPending, CardExpired, PictureRefused, StepMissing
from regional_services.idverify.models import Application, Photo, PhotoState
from regional_services.idverify.reading import Problem
from sandbox import idcards
from sandbox.idcards import Shot
from tests.idverify import world
from tests.idverify.world import Applicant, needs_font
from tests.portal.desks import sent_to_workers, text_of
from tests.security.matrix.examples import resident_browser

HERE = "/me/identity"


def browser_of(who: Applicant) -> Client:
    return resident_browser(who)  # type: ignore[arg-type]


def upload(browser: Client, application_id: UUID, side: str, content: bytes) -> Any:
    sent = SimpleUploadedFile("card.jpg", content, content_type="image/jpeg")
    return browser.post(f"{HERE}/{application_id}/photos/{side}", {"photo": sent}, follow=True)


def read_now() -> None:
    """The relay hands the photograph over, a worker reads it."""
    drain()
    assert sent_to_workers()[-1] == "idverify.read"
    with region(read_only=True):
        reading = Photo.objects.filter(state=PhotoState.READING, is_current=True)
        waiting = [str(photo_id) for photo_id in reading.values_list("id", flat=True)]
    for photo_id in waiting:
        tasks.read(photo_id)


@needs_font
@pytest.mark.requirement("JA-IDV-01", "JA-IDV-02", "JA-IDV-03", "JA-IDV-04", "JA-IDV-05")
def test_the_whole_of_it(committed: None) -> None:
    who = world.applicant()
    browser = browser_of(who)
    assert "同意并开始拍摄" in text_of(browser.get(HERE))
    assert "第一步：拍人像面" in text_of(browser.post(f"{HERE}/begin", {"consents": services.CONSENTS}, follow=True))
    with region(read_only=True):
        application_id = UUID(str(Application.objects.get().id))

    front = idcards.photograph(idcards.front(who.card), Shot(tilt=4, blur=1))
    assert "请先拍好人像面" in text_of(upload(browser, application_id, "back", front))
    blurred = idcards.photograph(idcards.front(who.card), Shot(blur=9))
    assert "正在识别" in text_of(upload(browser, application_id, "front", blurred))
    read_now()
    page = text_of(browser.get(HERE))
    assert "第一步：拍人像面" in page
    assert 'class="notice bad"' in page
    assert photo_fields(application_id) == {}

    upload(browser, application_id, "front", front)
    read_now()
    page = text_of(browser.get(HERE))
    assert "第二步：拍国徽面" in page
    assert "先按顺序" in text_of(browser.post(f"{HERE}/{application_id}/submit", {}, follow=True))
    upload(browser, application_id, "back", idcards.photograph(idcards.back(who.card), Shot()))
    read_now()
    page = text_of(browser.get(HERE))
    assert "确认无误，提交审核" in page
    assert who.card.number not in page, "practice 7: only as ciphertext"
    assert photo_fields(application_id)["number"][0] == who.card.number

    refused = browser.post(f"{HERE}/{application_id}/submit", {"number": "310106199001011235"})
    assert (refused.status_code, "号码" in text_of(refused)) == (422, True)
    browser.post(f"{HERE}/{application_id}/submit", {"address": "云栖市云栖区新路1号"})
    page = text_of(browser.get(HERE))
    assert "已提交，等待审核" in page
    with region(read_only=True):
        kept = Application.objects.get()
    assert (kept.state, kept.fields["address"], kept.fields["number"]) == (
        "pending",
        "云栖市云栖区新路1号",
        who.card.number,
    )
    assert (kept.fields["sex"], kept.fields["birth_date"]) == ("男", "1990-01-01")
    shown = browser.get(f"{HERE}/{application_id}/photos/front")
    assert Image.open(io.BytesIO(shown.content)).size[0] > 900
    assert "no-store" in shown["Cache-Control"]

    with pytest.raises(AlreadyPending):
        services.submit(actor=who.actor, application_id=application_id, given=who.fields)
    with pytest.raises(AlreadyPending):
        services.begin(actor=who.actor, consents=services.CONSENTS)
    with region(read_only=True):
        assert Application.objects.count() == 1
    judge = world.reviewer()
    reviewing.take(actor=judge, application_id=application_id)
    reviewing.reject(actor=judge, application_id=application_id, reason="unclear", note="反光遮住了姓名")
    page = text_of(browser.get(HERE))
    assert ("未通过" in page, "照片不清楚，无法辨认" in page, "反光遮住了姓名" in page) == (True, True, True)


def photo_fields(application_id: UUID) -> dict[str, Any]:
    return {name: found for photo in world.photos_of(application_id) for name, found in photo.found.items()}


@pytest.mark.control("CES1-23/35")
def test_pictures_lie_sealed_and_without_the_phones_own_data(committed: None) -> None:
    who = world.applicant()
    application_id = services.begin(actor=who.actor, consents=services.CONSENTS)
    sheet, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "SECRET-PHONE"
    Image.open(io.BytesIO(world.plain_picture())).save(sheet, "JPEG", exif=exif)
    services.add_photo(actor=who.actor, application_id=application_id, side="front", sent=sheet.getvalue())
    [photo] = world.photos_of(application_id)
    assert b"SECRET-PHONE" not in objects.get(photo.stored)
    assert b"JFIF" not in b"".join(objects.raw(photo.object_key))


@pytest.mark.parametrize(
    "sent", [b"", b"GIF89a" + b"0" * 900, b"\xff\xd8\xff" + b"0" * 900], ids=["none", "gif", "cut"]
)
def test_what_is_no_picture_is_refused(committed: None, sent: bytes) -> None:
    who = world.applicant()
    application_id = services.begin(actor=who.actor, consents=services.CONSENTS)
    with pytest.raises(PictureRefused):
        services.add_photo(actor=who.actor, application_id=application_id, side="front", sent=sent)


def test_after_three_unreadable_pictures_one_may_type(committed: None) -> None:
    who = world.applicant("㐀小明")
    application_id = services.begin(actor=who.actor, consents=services.CONSENTS)
    for tries in range(3):
        with pytest.raises(StepMissing):
            services.type_instead(actor=who.actor, application_id=application_id, side="front")
        photo = services.add_photo(
            actor=who.actor, application_id=application_id, side="front", sent=world.plain_picture()
        )
        world.as_read(photo, {}, state=PhotoState.UNREADABLE, problem=f"看不清{tries}")
    assert "我来手工填写" in text_of(browser_of(who).get(HERE))
    services.type_instead(actor=who.actor, application_id=application_id, side="front")
    assert "第二步：拍国徽面" in text_of(browser_of(who).get(HERE))


def test_too_dark_a_picture_goes_to_a_person_at_once(committed: None) -> None:
    who = world.applicant("欧阳小明")
    application_id = services.begin(actor=who.actor, consents=services.CONSENTS)
    photo = services.add_photo(actor=who.actor, application_id=application_id, side="front", sent=world.plain_picture())
    world.as_read(photo, {}, state=PhotoState.UNREADABLE, problem=Problem.DIM)
    page = text_of(browser_of(who).get(HERE))
    assert "我来手工填写" in page
    assert "光线太暗" in page
    services.type_instead(actor=who.actor, application_id=application_id, side="front")
    assert "第二步：拍国徽面" in text_of(browser_of(who).get(HERE))


def test_a_child_and_an_expired_card_are_refused_at_submission(committed: None) -> None:
    child = world.applicant(born=clock.today().replace(year=clock.today().year - 10, day=1))
    with pytest.raises(GuardianRequired):
        world.submitted(child)
    who = world.applicant()
    application_id = world.photographed(who)
    with pytest.raises(CardExpired):
        services.submit(
            actor=who.actor,
            application_id=application_id,
            given={"valid_from": "2010-01-01", "valid_until": "2020-01-01"},
        )


def test_a_stranger_reaches_no_application(committed: None) -> None:
    application_id = world.submitted()
    stranger = browser_of(world.applicant())
    assert stranger.get(f"{HERE}/{application_id}/photos/front").status_code == 404
    assert stranger.post(f"{HERE}/{application_id}/submit", {}).status_code == 404
    assert stranger.post(f"{HERE}/{application_id}/drop").status_code == 404
    with pytest.raises(Exception, match="not_found"):
        access.own_picture(actor=world.applicant().actor, application_id=application_id, side="front")
