"""Photographs of the hospital's doctors: sent by the hospital, drawn anew, shown to residents.

Meant for everybody, so stored plain; not reached but through the hub, which shows those of institutions residents see.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy

from hub import clock
from hub.actor import Actor
from hub.documents import pictures
from hub.documents.pictures import JPEG, Fault, NotAPicture
from hub.errors import InvalidInput, NotFound
from hub.ids import uuid7
from hub.security.permissions import require
from hub.storage import objects
from hub.storage.holdings import holds_objects
from hub.storage.objects import StoredObject
from hub.storage.uploads import MOST_BYTES
from hub.tenancy.keys import object_key
from hub.tenancy.scope import hospital as hospital_scope
from hub.work import Unit, work
from tenants.directory.events import DirectoryChanged
from tenants.directory.models import Doctor, DoctorPhoto, FactChange
from tenants.directory.permissions import EDIT

KIND = "doctors"
SIDE = 480  # pixels of the square that is kept
LEAST = 200  # pixels of the shorter side of what is sent
YOUNG = timedelta(hours=6)  # an upload under way names its object only after it is stored
_WORDS = {
    Fault.NO_PICTURE: gettext_lazy("这个文件不是照片，请选 JPG、PNG 或 WebP 图片。"),
    Fault.TOO_MANY_PIXELS: gettext_lazy("照片尺寸太大，请缩小后再上传。"),
    Fault.TOO_SMALL: gettext_lazy("照片太小，短边至少 200 像素。"),
}


def set_photo(*, actor: Actor, hospital: str, doctor_id: UUID, content: bytes) -> None:
    """Show this photograph of the doctor from now on, at all his posts here.

    InvalidInput says what is wrong with a file; NotFound for a post that is not this member of staff's to see.
    """
    require(actor, EDIT)
    if not 0 < len(content) <= MOST_BYTES:
        raise InvalidInput("请选择照片，不超过 10 MB。", fields={"photo": "请选择照片。"})
    try:
        clean = pictures.portrait(content, side=SIDE, least=LEAST)
    except NotAPicture as problem:
        words = str(_WORDS[problem.fault])
        raise InvalidInput(words, fields={"photo": words}) from problem
    with hospital_scope(hospital, read_only=True):
        _post(actor, doctor_id)
    version = uuid7()
    stored = objects.put_public(object_key(hospital, KIND, f"{version}.jpg"), clean, content_type=JPEG)
    with work(hospital, actor=actor) as unit:
        post = _post(actor, doctor_id)
        had = DoctorPhoto.objects.select_for_update().filter(pk=post.practitioner_id).first()
        DoctorPhoto.objects.update_or_create(
            practitioner_id=post.practitioner_id,
            defaults={
                "version": version,
                "object_key": stored.key,
                "size": stored.size,
                "sha256": stored.sha256,
                "uploaded_by": actor.name[:60],
                "uploaded_at": unit.now,
            },
        )
        _note(unit, post, had.sha256 if had else "", stored.sha256)


def remove_photo(*, actor: Actor, hospital: str, doctor_id: UUID) -> None:
    """Show no photograph of him any more; NotFound if there is none."""
    require(actor, EDIT)
    with work(hospital, actor=actor) as unit:
        post = _post(actor, doctor_id)
        had = DoctorPhoto.objects.select_for_update().filter(pk=post.practitioner_id).first()
        if had is None:
            raise NotFound
        had.delete()
        _note(unit, post, had.sha256, "")


def photo(hospital: str, practitioner_id: UUID) -> bytes:
    """The JPEG shown of a doctor; NotFound without one. One query, one object."""
    with hospital_scope(hospital, read_only=True):
        row = DoctorPhoto.objects.filter(pk=practitioner_id).first()
    if row is None:
        raise NotFound
    return objects.get(_stored(row))


@holds_objects("doctor-photo")
def held() -> list[StoredObject]:
    """The photographs of the hospital whose scope is open. One query."""
    return [_stored(row) for row in DoctorPhoto.objects.order_by("practitioner_id")]


def tidy(hospital: str) -> int:
    """Remove photographs no row names any more: replaced, taken back, or stored by an upload that broke off."""
    before = int((clock.now() - YOUNG).timestamp() * 1000)
    keys = [key for key in objects.keys(f"{hospital}/{KIND}/") if _made_at_ms(key) < before]
    if not keys:
        return 0
    with hospital_scope(hospital, read_only=True):
        named = set(DoctorPhoto.objects.values_list("object_key", flat=True))
    gone = [key for key in keys if key not in named]
    for key in gone:
        objects.delete(key)
    return len(gone)


def _made_at_ms(key: str) -> int:
    """When it was stored: its name is a UUIDv7, which begins with the milliseconds."""
    return UUID(key.rpartition("/")[2].removesuffix(".jpg")).int >> 80


def _post(actor: Actor, doctor_id: UUID) -> Doctor:
    row = Doctor.objects.filter(pk=doctor_id).first()
    if row is None or not actor.sees(row.department_id):
        raise NotFound
    return row


def _stored(row: DoctorPhoto) -> StoredObject:
    return StoredObject(key=row.object_key, content_type=JPEG, size=row.size, sha256=row.sha256)


def _note(unit: Unit, post: Doctor, before: str, after: str) -> None:
    FactChange.objects.create(
        target=f"doctor:{post.id}",
        title=post.name,
        field="photo",
        before=f"照片 {before[:8]}" if before else "",
        after=f"照片 {after[:8]}" if after else "",
        by=unit.actor.name[:60],
        at=unit.now,
    )
    unit.publish(DirectoryChanged(hospital=unit.scope))
    unit.audit(
        "directory.photo_set" if after else "directory.photo_removed",
        target=f"doctor:{post.id}",
        detail={"practitioner": str(post.practitioner_id), "before": before, "after": after},
    )
