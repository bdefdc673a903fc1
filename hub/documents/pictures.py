"""Pictures people send: looked at by their bytes, decoded, turned upright and drawn anew as JPEG.

Whatever else a file carries (place, device, a hidden script) does not survive. Formats are told by the bytes, never by
the name or the type a browser claims; the size is read from the header before a pixel is decoded, so that a small file
which unfolds into gigabytes is refused.
"""

from __future__ import annotations

import io
import warnings
from enum import StrEnum

from PIL import Image, ImageOps

JPEG = "image/jpeg"
MOST_PIXELS = 60_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


class Fault(StrEnum):
    """What is wrong with a file that was sent as a picture."""

    NO_PICTURE = "no_picture"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"


class NotAPicture(Exception):
    """A file that can't be drawn; `fault` says why, the room says it in its own words."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def redrawn(content: bytes, *, longest: int, least: int = 0, quality: int = 85) -> bytes:
    """The picture as a clean JPEG, its longer side at most `longest` pixels, its shorter at least `least`."""
    image = _opened(content, longest, least)
    image.thumbnail((longest, longest))
    return jpeg(image, quality=quality)


def portrait(content: bytes, *, side: int, least: int) -> bytes:
    """The picture as a clean square JPEG of `side` pixels, cut out where a face is in a photograph taken upright."""
    image = _opened(content, side * 2, least)
    return jpeg(ImageOps.fit(image, (side, side), centering=(0.5, 0.2)), quality=85)


def jpeg(image: Image.Image, *, quality: int) -> bytes:
    """The pixels alone, as a file."""
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    sheet = io.BytesIO()
    clean.save(sheet, "JPEG", quality=quality, optimize=True)
    return sheet.getvalue()


def _opened(content: bytes, side: int, least: int) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                size = opened.size
                if size[0] * size[1] <= MOST_PIXELS:
                    opened.draft("RGB", (side, side))
                    image = ImageOps.exif_transpose(opened).convert("RGB")
    except _BROKEN as problem:
        raise NotAPicture(Fault.NO_PICTURE) from problem
    if size[0] * size[1] > MOST_PIXELS:
        raise NotAPicture(Fault.TOO_MANY_PIXELS)
    if min(size) < least:
        raise NotAPicture(Fault.TOO_SMALL)
    return image
