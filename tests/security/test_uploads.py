"""What people upload is told by its bytes and drawn anew: no program, no script, no bomb survives it (CES1-23)."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from regional_services.feedback import photos
from regional_services.feedback.errors import PhotoRefused
from tests.feedback.pictures import picture

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(side: int) -> bytes:
    """A PNG of some kilobytes that claims to be `side` by `side` pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.control("CES1-23/35", "CES1-20/32")
@pytest.mark.parametrize(
    "content",
    [EICAR, SVG, b"MZ" + bytes(200), b"%PDF-1.7", b"", bomb(30_000), bomb(9_000)],
    ids=["virus", "script", "program", "document", "nothing", "bomb", "smaller bomb"],
)
def test_what_is_no_photograph_is_refused_whatever_it_is_called(content: bytes) -> None:
    with pytest.raises(PhotoRefused):
        photos.redraw([SimpleUploadedFile("photo.jpg", content, content_type="image/jpeg")])


@pytest.mark.control("CES1-23/35")
def test_what_rides_on_a_photograph_does_not_survive() -> None:
    sent = picture().read() + EICAR + SVG
    [kept] = photos.redraw([SimpleUploadedFile("photo.jpg", sent, content_type="image/jpeg")])
    assert EICAR not in kept
    assert b"<script" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert image.format == "JPEG"
