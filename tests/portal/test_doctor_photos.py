"""A hospital shows its doctors: the photograph sent, drawn anew, seen by residents, taken back, and audited."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.storage import holdings, objects
from hub.tenancy.scope import hospital
from tenants.directory import photos
from tenants.directory.models import Doctor, DoctorPhoto
from tests.booking import world
from tests.feedback.pictures import PLACE, picture
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import audited


def _post_of(code: str) -> tuple[UUID, UUID]:
    with hospital(code, read_only=True):
        return Doctor.objects.filter(code="D2").order_by("department__code").values_list("id", "practitioner_id")[0]


@pytest.mark.requirement("WX-APPT-13")
def test_a_photograph_is_drawn_anew_and_seen_by_residents(alpha: str, beta: str, client: Client) -> None:
    session = world.open_for_booking(alpha)
    post, practitioner = _post_of(alpha)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    page, shown = f"/workspace/facts/doctors/{post}", f"/hospitals/{alpha}/doctors/{practitioner}/photo"
    assert client.get(shown).status_code == 404
    refused = manager.post(
        f"{page}/photo", {"photo": SimpleUploadedFile("a.jpg", b"<script>", content_type="image/jpeg")}, follow=True
    )
    assert "不是照片" in text_of(refused)
    assert "短边至少" in text_of(manager.post(f"{page}/photo", {"photo": picture(size=(100, 100))}, follow=True))
    sent = picture(size=(600, 900))
    assert PLACE.encode() in sent.read()
    sent.seek(0)
    assert "居民马上看到" in text_of(manager.post(f"{page}/photo", {"photo": sent}, follow=True))
    drain(outside=False)

    found = client.get(f"/doctors/{practitioner}")
    assert f'src="{shown}?v=' in text_of(found)
    answer = client.get(shown)
    assert (answer["Content-Type"], "immutable" in answer["Cache-Control"]) == ("image/jpeg", True)
    assert PLACE.encode() not in answer.content
    assert Image.open(io.BytesIO(answer.content)).size == (photos.SIDE, photos.SIDE)
    listed = client.get("/api/resident/v1/practitioners", {"q": "陆清禾"}).json()["items"]
    assert [row["photo"].startswith(shown) for row in listed] == [True]
    assert f'src="{shown}?v=' in text_of(client.get("/doctors"))
    assert client.get(f"/hospitals/{alpha}/sessions/{session}").status_code == 200
    assert "/photo.jpg?v=" in text_of(manager.get(page))
    with hospital(alpha, read_only=True):
        assert [one.content_type for one in holdings.held()] == ["image/jpeg"], "it leaves with the hospital"

    first = _key(alpha)
    manager.post(f"{page}/photo", {"photo": picture("PNG", (400, 400))})
    manager.post(f"{page}/photo", {"to": "remove"})
    drain(outside=False)
    assert client.get(shown).status_code == 404
    assert "<img" not in text_of(client.get(f"/doctors/{practitioner}"))
    assert len(audited(alpha, "directory.photo_set")) == 2
    assert len(audited(alpha, "directory.photo_removed")) == 1
    assert "照片" in text_of(manager.get(page))
    assert photos.tidy(alpha) == 0, "an upload under way may still name it"
    with clock.shifted(timedelta(hours=7)):
        assert photos.tidy(alpha) >= 2
    assert not objects.exists(first)


def test_only_the_hospitals_own_manager_shows_a_face(alpha: str, beta: str) -> None:
    world.open_for_booking(alpha)
    post, _ = _post_of(alpha)
    where = f"/workspace/facts/doctors/{post}/photo"
    assert desk_of(Role.RECEPTION, hospital=alpha).post(where, {"photo": picture(size=(400, 400))}).status_code == 403
    world.register_institution(beta)
    stranger = desk_of(Role.HOSPITAL_MANAGER, hospital=beta)
    assert stranger.post(where, {"photo": picture(size=(400, 400))}).status_code == 404
    assert stranger.get(f"{where}.jpg").status_code == 404
    with hospital(alpha, read_only=True):
        assert not DoctorPhoto.objects.exists()


def _key(code: str) -> str:
    with hospital(code, read_only=True):
        return DoctorPhoto.objects.get().object_key
