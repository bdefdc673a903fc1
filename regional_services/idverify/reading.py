"""From lines of text on a photographed card to its fields. Pure: the engine finds the lines (JA-IDV-02).

Nothing is filled in that was not read: a number whose check character does not agree, or a name or number the engine is
unsure of, makes the whole photograph unreadable. Fields that only help the reviewer stay empty when they are unclear.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from statistics import median

from hub.errors import HubError
from regional_services.identity import documents

SURE = 0.85
"""Below this score a name or number counts as not read."""
DIMMEST = 0.33
"""Below this light nothing is taken from a photograph (95th percentile of its luminance, 0 to 1; a white card in good
light has 0.9). Measured: names were misread at 0.28 and 0.18, none of 96 from 0.36 on (docs/idverify.md)."""
LONG = "long"

_SIDES = {"front": ("姓名", "性别", "住址", "公民身份"), "back": ("签发机关", "有效期限", "居民身份证")}
_NUMBER = re.compile(r"(?<!\d)(\d{17}[\dXx])(?![\dXx])")
_VALIDITY = re.compile(r"(\d{4})\.(\d{2})\.(\d{2})-(?:(\d{4})\.(\d{2})\.(\d{2})|(长期))")
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af·]{2,25}")


class Problem(StrEnum):
    """Why a photograph can't be used, as the resident reads it."""

    DIM = "光线太暗，不能自动识别：请到亮处重拍，或直接手工填写，由工作人员对照照片审核"
    NO_CARD = "没有认出身份证：请对好焦、避开反光，让证件占满画面"
    FRONT_WANTED = "这是国徽面，请拍摄人像面"
    BACK_WANTED = "这是人像面，请拍摄国徽面"
    NUMBER = "证件号码看不清，请在光线充足处对准后重拍"
    NAME = "姓名看不清，请避开反光后重拍"
    VALIDITY = "有效期限看不清，请避开反光后重拍"


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of text and where it stands: the middle, width and height of its box in pixels, its slope in radians."""

    text: str
    score: float
    x: float
    y: float
    width: float
    height: float
    slope: float


@dataclass(frozen=True, slots=True)
class Found:
    """A field as read, with the score (0 to 1) of the least certain piece of it."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a photograph says; with a problem it says nothing."""

    fields: dict[str, Found] = field(default_factory=dict)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """The pieces of one printed line, from left to right."""

    pieces: tuple[Line, ...]

    @property
    def text(self) -> str:
        return "".join(re.sub(r"\s", "", piece.text) for piece in self.pieces)

    @property
    def score(self) -> float:
        return min(piece.score for piece in self.pieces)


def marks(lines: Sequence[Line], side: str) -> int:
    """How many of the words printed on this side were found: tells a card from something else, and its sides apart."""
    text = "".join(row.text for row in _rows(lines))
    return sum(word in text for word in _SIDES[side])


def is_upside_down(lines: Sequence[Line]) -> bool:
    """Whether the last printed line of the card stands above its first."""
    places = {
        word: line.y for line in lines for word in ("姓名", "公民身份", "签发机关", "有效期限") if word in line.text
    }
    for first, last in (("姓名", "公民身份"), ("签发机关", "有效期限")):
        if first in places and last in places:
            return places[first] > places[last]
    return False


def read(lines: Sequence[Line], side: str, *, today: date) -> Reading:
    """The fields of `side` (front: name, sex, ethnicity, birth_date, address, number; back: authority, validity)."""
    other = "back" if side == "front" else "front"
    if marks(lines, side) < marks(lines, other):
        return Reading(problem=Problem.FRONT_WANTED if side == "front" else Problem.BACK_WANTED)
    if not marks(lines, side):
        return Reading(problem=Problem.NO_CARD)
    rows = _rows(lines)
    return _front(rows, today) if side == "front" else _back(rows)


def _front(rows: list[_Row], today: date) -> Reading:
    number = _number(rows, today)
    if number is None:
        return Reading(problem=Problem.NUMBER)
    found, score = number
    name = _after(rows, r"姓名(.+)")
    if name is None or name.score < SURE or not _NAME.fullmatch(name.text):
        return Reading(problem=Problem.NAME)
    assert found.birth_date is not None
    printed = {
        "name": name,
        "number": Found(found.number, score),
        "sex": _agreeing(_after(rows, r"性别([男女])"), "男" if found.sex == documents.MALE else "女"),
        "ethnicity": _after(rows, r"民族([\u4e00-\u9fff]{1,6})"),
        "birth_date": _agreeing(_birth_date(rows), found.birth_date.isoformat()),
        "address": _address(rows),
    }
    return Reading(fields={key: value for key, value in printed.items() if value is not None})


def _back(rows: list[_Row]) -> Reading:
    validity = _after(rows, r"(\d{4}\.\d{2}\.\d{2}-(?:\d{4}\.\d{2}\.\d{2}|长期))")
    parsed = _VALIDITY.fullmatch(validity.text) if validity is not None and validity.score >= SURE else None
    dates = _dates(parsed) if parsed else None
    if validity is None or dates is None:
        return Reading(problem=Problem.VALIDITY)
    printed = {
        "authority": _after(rows, r"签发机关(.+)"),
        "valid_from": Found(dates[0], validity.score),
        "valid_until": Found(dates[1], validity.score),
    }
    return Reading(fields={key: value for key, value in printed.items() if value is not None})


def _dates(parsed: re.Match[str]) -> tuple[str, str] | None:
    try:
        start = date(*map(int, parsed.group(1, 2, 3)))
        end = None if parsed[7] else date(*map(int, parsed.group(4, 5, 6)))
    except ValueError:
        return None
    if end is not None and end <= start:
        return None
    return start.isoformat(), end.isoformat() if end else LONG


def _number(rows: list[_Row], today: date) -> tuple[documents.Document, float] | None:
    for row in reversed(rows):
        match = _NUMBER.search(row.text)
        if match is None or row.score < SURE:
            continue
        try:
            return documents.read(documents.DocumentKind.RESIDENT_ID, match[1], today=today), row.score
        except HubError:
            return None
    return None


def _after(rows: list[_Row], pattern: str) -> Found | None:
    """The first group of the first row that matches, without what it can't hold."""
    for row in rows:
        match = re.search(pattern, row.text)
        if match:
            return Found(match[1], round(row.score, 3))
    return None


def _birth_date(rows: list[_Row]) -> Found | None:
    for row in rows:
        match = re.search(r"(\d{4})年(\d{1,2})月(\d{1,2})日", row.text)
        if match:
            try:
                return Found(date(int(match[1]), int(match[2]), int(match[3])).isoformat(), round(row.score, 3))
            except ValueError:
                return None
    return None


def _agreeing(printed: Found | None, said: str) -> Found | None:
    """A printed field that the number also says: shown only where both agree."""
    return printed if printed is not None and printed.text == said else None


def _address(rows: list[_Row]) -> Found | None:
    """From 住址 down to the number, line by line."""
    parts: list[_Row] = []
    for row in rows:
        if "公民身份" in row.text or _NUMBER.search(row.text):
            break
        if "住址" in row.text or parts:
            parts.append(row)
    text = "".join(row.text for row in parts).partition("住址")[2]
    return Found(text, round(min(row.score for row in parts), 3)) if text else None


def _rows(lines: Sequence[Line]) -> list[_Row]:
    """Pieces grouped into printed lines, top to bottom; a tilted card is turned straight first."""
    wide = [line.slope for line in lines if line.width > 3 * line.height]
    angle = median(wide) if wide else 0.0
    sine, cosine = math.sin(-angle), math.cos(-angle)
    placed = sorted(((line.x * sine + line.y * cosine, line.x * cosine - line.y * sine, line) for line in lines),
                    key=lambda entry: entry[0])  # fmt: skip
    groups: list[list[tuple[float, float, Line]]] = []
    for entry in placed:
        last = groups[-1][-1] if groups else None
        if last is not None and entry[0] - last[0] < 0.55 * min(last[2].height, entry[2].height):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [_Row(tuple(line for _, _, line in sorted(group, key=lambda entry: entry[1]))) for group in groups]
