"""Pictures in and out: what a phone sent becomes a plain JPEG, and what staff see carries who looked and when."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from hub.documents import pictures
from hub.documents.pictures import Fault, NotAPicture
from regional_services.idverify.errors import PictureRefused

MOST_BYTES = 12 << 20
_LEAST_SIDE = 400
_LONGEST_SIDE = 1600
_QUALITY = 88


def tidy(sent: bytes) -> bytes:
    """A JPEG of at most 1600 pixels without the phone's own data (place, device); PictureRefused for anything else."""
    if not 0 < len(sent) <= MOST_BYTES:
        raise PictureRefused
    try:
        return pictures.redrawn(sent, longest=_LONGEST_SIDE, least=_LEAST_SIDE, quality=_QUALITY)
    except NotAPicture as problem:
        if problem.fault is Fault.TOO_SMALL:
            raise PictureRefused("照片太小，请重新拍摄。") from problem
        raise PictureRefused from problem


def watermarked(picture: bytes, text: str) -> bytes:
    """The picture with `text` (ASCII: the drawing font knows no other) across all of it."""
    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGBA")
    width, height = image.size
    font = ImageFont.load_default(size=max(18, width // 44))
    side = width + height
    sheet = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    step = max(90, height // 7)
    for row, y in enumerate(range(0, side, step)):
        for x in range(-(row % 2) * 160, side, int(pen.textlength(text, font=font)) + 120):
            pen.text((x, y), text, font=font, fill=(190, 30, 30, 84))
    left, top = (side - width) // 2, (side - height) // 2
    marks = sheet.rotate(24).crop((left, top, left + width, top + height))
    return pictures.jpeg(Image.alpha_composite(image, marks).convert("RGB"), quality=_QUALITY)
