"""Photographs as a phone sends them."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

PLACE = "31.2304N 121.4737E"


def picture(kind: str = "JPEG", size: tuple[int, int] = (320, 240)) -> SimpleUploadedFile:
    """A photograph that carries where it was taken."""
    image = Image.new("RGB", size, (11, 138, 122))
    for left in range(0, size[0], 20):
        image.paste((255, 200, 60), (left, left % size[1], left + 10, left % size[1] + 60))
    exif = Image.Exif()
    exif[0x010E] = PLACE
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return SimpleUploadedFile(f"photo.{kind.lower()}", out.getvalue(), content_type=f"image/{kind.lower()}")
