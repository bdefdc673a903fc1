"""Fictional identity cards as a phone would photograph them: for tests, demonstrations and measuring.

The cards carry no emblem, no photograph and the word 样本 (specimen): they can't be taken for real ones.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"),
)
SIZE = (1000, 630)
_BLUE, _BLACK, _TABLE = (70, 110, 165), (24, 24, 32), (96, 78, 62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is printed on a card."""

    name: str
    sex: str
    ethnicity: str
    birth: tuple[int, int, int]
    address: str
    number: str
    authority: str = "云栖市公安局云栖分局"
    validity: str = "2020.03.02-2040.03.02"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """How it is photographed: blur in pixels, tilt in degrees, turn in quarter turns, glare 0 to 1, light 0 to 1."""

    blur: float = 0.0
    tilt: float = 0.0
    turn: int = 0
    glare: float = 0.0
    light: float = 1.0
    quality: int = 85


def has_font() -> bool:
    """Whether this machine can print Chinese."""
    return any(path.exists() for path in FONTS)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    path = next(path for path in FONTS if path.exists())
    return ImageFont.truetype(str(path), size, index=2 if "noto" in str(path) else 0)


def front(card: Card) -> Image.Image:
    """The side with the name."""
    image = Image.new("RGB", SIZE, (226, 235, 240))
    pen = ImageDraw.Draw(image)
    year, month, day = card.birth
    for x, y, label in (
        (60, 70, "姓 名"),
        (60, 140, "性 别"),
        (300, 140, "民 族"),
        (60, 210, "出 生"),
        (60, 290, "住 址"),
    ):
        pen.text((x, y), label, font=_font(28), fill=_BLUE)
    pen.text((170, 64), card.name, font=_font(38), fill=_BLACK)
    pen.text((170, 136), card.sex, font=_font(34), fill=_BLACK)
    pen.text((410, 136), card.ethnicity, font=_font(34), fill=_BLACK)
    for x, text, color in (
        *((170, str(year), _BLACK), (270, "年", _BLUE), (325, str(month), _BLACK)),
        *((375, "月", _BLUE), (425, str(day), _BLACK), (475, "日", _BLUE)),
    ):
        pen.text((x, 208), text, font=_font(32), fill=color)
    for index in range(0, len(card.address), 12):
        pen.text((170, 286 + index // 12 * 50), card.address[index : index + 12], font=_font(34), fill=_BLACK)
    pen.text((60, 530), "公民身份号码", font=_font(28), fill=_BLUE)
    pen.text((340, 524), card.number, font=_font(42), fill=_BLACK)
    pen.rectangle((700, 90, 930, 400), fill=(190, 200, 205))
    pen.text((755, 215), "样本", font=_font(60), fill=(160, 172, 178))
    return image


def back(card: Card) -> Image.Image:
    """The side with the authority and the validity."""
    image = Image.new("RGB", SIZE, (226, 235, 240))
    pen = ImageDraw.Draw(image)
    pen.ellipse((60, 50, 220, 210), fill=(205, 170, 170))
    pen.text((95, 100), "样本", font=_font(44), fill=(160, 120, 120))
    pen.text((330, 70), "中华人民共和国", font=_font(56), fill=_BLACK)
    pen.text((330, 170), "居 民 身 份 证", font=_font(64), fill=_BLACK)
    for y, label, text in ((440, "签发机关", card.authority), (520, "有效期限", card.validity)):
        pen.text((230, y), label, font=_font(28), fill=_BLACK)
        pen.text((390, y - 4), text, font=_font(34), fill=_BLACK)
    return image


def photograph(card: Image.Image, shot: Shot, *, seed: int = 0) -> bytes:
    """A JPEG of the card on a table, with what a hand and a lamp do to it."""
    chance = random.Random(seed)
    table = Image.new("RGB", (1400, 1000), _TABLE)
    tilted = card.convert("RGBA").rotate(shot.tilt, expand=True, resample=Image.Resampling.BICUBIC)
    table.paste(tilted, ((1400 - tilted.width) // 2, (1000 - tilted.height) // 2), tilted)
    if shot.glare:
        _shine(table, shot.glare, chance)
    if shot.light != 1.0:
        table = table.point([round(value * shot.light) for value in range(256)] * 3)
    if shot.blur:
        table = table.filter(ImageFilter.GaussianBlur(shot.blur))
    if shot.turn:
        table = table.rotate(90 * shot.turn, expand=True)
    sheet = io.BytesIO()
    table.save(sheet, "JPEG", quality=shot.quality)
    return sheet.getvalue()


def _shine(table: Image.Image, strength: float, chance: random.Random) -> None:
    """A lamp's reflection: a soft white spot somewhere on the card."""
    spot = Image.new("L", table.size, 0)
    x, y, radius = chance.randint(400, 1000), chance.randint(300, 700), chance.randint(90, 170)
    ImageDraw.Draw(spot).ellipse((x - radius, y - radius // 2, x + radius, y + radius // 2), fill=round(255 * strength))
    spot = spot.filter(ImageFilter.GaussianBlur(35))
    table.paste(Image.new("RGB", table.size, (255, 255, 255)), mask=spot)
