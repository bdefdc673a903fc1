"""Photographs people send: drawn anew (`hub.documents.pictures`), sealed before they leave this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext

from hub.documents import pictures
from hub.documents.pictures import Fault, NotAPicture
from hub.ids import uuid7
from hub.storage import objects
from hub.storage.objects import StoredObject
from hub.storage.uploads import MOST_BYTES
from regional_services.feedback.errors import PhotoRefused
from regional_services.feedback.models import Entry, Photo

MOST = 4
LONGEST_SIDE = 2048  # pixels
PREFIX = "feedback/"


class Upload(Protocol):
    """What is needed of an uploaded file."""

    size: int | None

    def read(self) -> bytes:
        """All its bytes."""


def redraw(uploads: Sequence[Upload]) -> list[bytes]:
    """The photographs as clean JPEG files; PhotoRefused says what is wrong with which."""
    if len(uploads) > MOST:
        raise PhotoRefused(
            gettext("最多 %(MOST)s 张照片。") % {"MOST": MOST},
            fields={"photos": gettext("最多 %(MOST)s 张照片。") % {"MOST": MOST}},
        )
    return [_redrawn(upload, place) for place, upload in enumerate(uploads, start=1)]


def _redrawn(upload: Upload, place: int) -> bytes:
    if (upload.size or 0) > MOST_BYTES:
        raise _refused(
            gettext("第 %(place)s 张照片超过 %(MOST_BYTES)s MB，请压缩后再选。")
            % {"place": place, "MOST_BYTES": MOST_BYTES >> 20}
        )
    try:
        return pictures.redrawn(upload.read(), longest=LONGEST_SIDE)
    except NotAPicture as problem:
        if problem.fault is Fault.TOO_MANY_PIXELS:
            text = gettext("第 %(place)s 张照片尺寸太大，请缩小后再选。")
        else:
            text = gettext("第 %(place)s 个文件不是照片，请选 JPG、PNG 或 WebP 图片。")
        raise _refused(text % {"place": place}) from problem


def _refused(text: str) -> PhotoRefused:
    return PhotoRefused(text, fields={"photos": text})


def store(photos: Sequence[bytes]) -> list[StoredObject]:
    """Seal and store; outside any transaction. What no row names afterwards is removed by `tidy`."""
    return [objects.put(f"{PREFIX}{uuid7()}", content, content_type="image/jpeg") for content in photos]


def keep(entry: Entry, kept: Sequence[StoredObject]) -> None:
    """The rows that open the stored photographs, in the transaction of their entry."""
    Photo.objects.bulk_create(
        Photo(
            institution_code=entry.institution_code,
            entry=entry,
            position=place,
            object_key=one.key,
            content_type=one.content_type,
            size=one.size,
            sha256=one.sha256,
            suite=one.suite,
            wrapped_key=one.wrapped_key or b"",
        )
        for place, one in enumerate(kept, start=1)
    )


def read(row: Photo) -> bytes:
    """A photograph's bytes, checked."""
    return objects.get(stored(row))


def stored(row: Photo) -> StoredObject:
    """Where a photograph lies and what opens it."""
    return StoredObject(
        key=row.object_key,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        suite=row.suite,
        wrapped_key=bytes(row.wrapped_key),
    )


def made_at_ms(key: str) -> int:
    """When an object of ours was stored: its name is a UUIDv7, which begins with the milliseconds."""
    return UUID(key.removeprefix(PREFIX)).int >> 80
